// How moments are said, in the reader's own time zone; `notifications/pages.py` says them the same way in UTC.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });
const THIS_YEAR = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const OTHER_YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

export const full = (moment) => FULL.format(moment);

export function ago(moment, now) {
  const minutes = Math.floor((now - moment) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return CLOCK.format(moment);
}

/** The day a moment lies on, as 2025-05-12. */
export function dayOf(moment) {
  const parts = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

export function dayName(day, now) {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (day === dayOf(now)) return "Today";
  if (day === dayOf(yesterday)) return "Yesterday";
  const noon = new Date(`${day}T12:00`);
  const format = noon.getFullYear() === now.getFullYear() ? THIS_YEAR : OTHER_YEAR;
  return format.format(noon).replace(",", "");
}
