// Shows and takes times in the browser's time zone on pages that the server wrote in UTC.

import { full, zoneName } from "../shared/dates.js";

const zone = zoneName();
const i18n = { language: document.documentElement.lang };

/** Convert the times and the form fields under `root`. */
export function localize(root) {
  for (const input of root.querySelectorAll("input[name=zone][value=UTC]")) {
    input.value = zone;
    for (const field of input.form.querySelectorAll("input[type=datetime-local]")) {
      if (field.value) field.value = local(new Date(`${field.value}Z`));
    }
  }
  for (const name of root.querySelectorAll("#zone-name")) name.textContent = zone;
  for (const time of root.querySelectorAll("time[data-full]")) time.textContent = full(new Date(time.dateTime), i18n);
}

function local(moment) {
  const shifted = new Date(moment - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
