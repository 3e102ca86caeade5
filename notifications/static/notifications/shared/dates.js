// Dates and times as text, in the time zone of the browser. The server formats its pages alike, in UTC.

const formats = new Map();

function format(i18n, options, moment) {
  // As on the server: Latin digits, and the day before the month in English.
  const language = i18n.language === "en" ? "en-GB" : i18n.language;
  const key = language + JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat(language, { numberingSystem: "latn", hourCycle: "h23", ...options }));
  }
  return formats.get(key).format(moment);
}

export const full = (moment, i18n) => format(i18n, { dateStyle: "long", timeStyle: "short" }, moment);

export const clock = (moment, i18n) => format(i18n, { hour: "2-digit", minute: "2-digit" }, moment);

export function ago(moment, now, i18n) {
  const minutes = Math.floor((now - moment) / 60_000);
  if (minutes < 1) return i18n.text("just_now");
  if (minutes < 60) return i18n.text("minutes_ago", { n: minutes });
  if (minutes < 24 * 60) return i18n.text("hours_ago", { n: Math.floor(minutes / 60) });
  return clock(moment, i18n);
}

/** The browser's time zone as the server takes it: its name or, where it has none, the offset from UTC. */
export function zoneName() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  // A machine's TZ=GMT+5, five hours behind UTC, is named GMT+05:00.
  if (timeZone && !/^(GMT[+-]|Etc\/Unknown)/.test(timeZone)) return timeZone;
  const minutes = -new Date().getTimezoneOffset();
  const parts = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return (minutes < 0 ? "-" : "+") + parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/** The local day of a moment, as 2025-05-12. */
export function dayOf(moment) {
  const parts = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

export function dayName(day, now, i18n) {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (day === dayOf(now)) return i18n.text("today");
  if (day === dayOf(yesterday)) return i18n.text("yesterday");
  const noon = new Date(`${day}T12:00`);
  const which = noon.getFullYear() === now.getFullYear() ? { weekday: "long" } : { year: "numeric" };
  return format(i18n, { day: "numeric", month: "long", ...which }, noon).replace(/^(\w+),/, "$1");
}
