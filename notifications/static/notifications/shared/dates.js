// How moments are said, in the reader's own time zone. The server's pages say them the same way, in UTC.

const formats = new Map();

function format(words, options, moment) {
  // The pages that the server writes count in these digits, and its English puts the day first.
  const language = words.language === "en" ? "en-GB" : words.language;
  const key = language + JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat(language, { numberingSystem: "latn", hourCycle: "h23", ...options }));
  }
  return formats.get(key).format(moment);
}

export const full = (moment, words) => format(words, { dateStyle: "long", timeStyle: "short" }, moment);

export const clock = (moment, words) => format(words, { hour: "2-digit", minute: "2-digit" }, moment);

export function ago(moment, now, words) {
  const minutes = Math.floor((now - moment) / 60_000);
  if (minutes < 1) return words.say("just_now");
  if (minutes < 60) return words.say("minutes_ago", { n: minutes });
  if (minutes < 24 * 60) return words.say("hours_ago", { n: Math.floor(minutes / 60) });
  return clock(moment, words);
}

/** The day a moment lies on, as 2025-05-12. */
export function dayOf(moment) {
  const parts = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

export function dayName(day, now, words) {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (day === dayOf(now)) return words.say("today");
  if (day === dayOf(yesterday)) return words.say("yesterday");
  const noon = new Date(`${day}T12:00`);
  const which = noon.getFullYear() === now.getFullYear() ? { weekday: "long" } : { year: "numeric" };
  return format(words, { day: "numeric", month: "long", ...which }, noon).replace(/^(\w+),/, "$1");
}
