// What a reader wants of a notification. The same rule as `notifications/inbox/preference_rule.py`, held to the
// same cases: tests/cases/preferences.json.

const BOTH = { feed: true, toast: true };

/** `{feed, toast, reason}`; `preferences` as the API answers them, or null while they are unknown. */
export function wants(preferences, { category, severity }, moment) {
  const { categories, mandatory, quiet_hours: quiet } = preferences ?? { categories: {}, mandatory: [] };
  const must = mandatory.includes(category);
  const chosen = !must && Object.hasOwn(categories, category) ? categories[category] : BOTH;
  if (!chosen.feed) return { feed: false, toast: false, reason: "muted" };
  if (!chosen.toast) return { feed: true, toast: false, reason: "toast-muted" };
  if (quiet && severity !== "critical" && within(quiet, moment)) {
    return { feed: true, toast: false, reason: "quiet-hours" };
  }
  return { feed: true, toast: true, reason: must ? "mandatory" : "wanted" };
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
    return new Intl.DateTimeFormat("en-GB", options); // a zone that this browser does not know
  }
}
