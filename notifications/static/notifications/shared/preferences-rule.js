// Whether a user wants a notification, and its toast: the rule of `notifications/inbox/preference_rule.py`, tested with
// the same cases, tests/cases/preferences.json.

const BOTH = { feed: true, toast: true };
const NOTHING = { categories: {}, mandatory: [] };

/** Returns `{feed, toast, reason}`. `preferences` are as in the API, or null while they are unknown. */
export function wants(preferences, { topic, category, severity }, moment) {
  const { categories, mandatory, muted_topics = [], quiet_hours: quiet } = preferences ?? NOTHING;
  const isMandatory = mandatory.includes(category);
  const chosen = !isMandatory && Object.hasOwn(categories, category) ? categories[category] : BOTH;
  if (!chosen.feed || (muted_topics.includes(topic) && !isMandatory)) return { feed: false, toast: false, reason: "muted" };
  if (!chosen.toast) return { feed: true, toast: false, reason: "toast-muted" };
  if (quiet && severity !== "critical" && within(quiet, moment)) {
    return { feed: true, toast: false, reason: "quiet-hours" };
  }
  return { feed: true, toast: true, reason: isMandatory ? "mandatory" : "wanted" };
}

function within({ start, end, zone }, moment) {
  const time = clock(zone).format(moment);
  return start < end ? start <= time && time < end : start <= time || time < end;
}

function clock(timeZone) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", options); // a time zone that this browser does not know
  }
}
