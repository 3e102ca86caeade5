// Times are given, and shown, on the clocks of whoever looks.

import { full } from "../shared/dates.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
const said = { language: document.documentElement.lang };

/** Have what the server wrote in UTC under `root` speak of this browser's zone. */
export function localize(root) {
  for (const input of root.querySelectorAll("input[name=zone][value=UTC]")) {
    input.value = zone;
    for (const field of input.form.querySelectorAll("input[type=datetime-local]")) {
      if (field.value) field.value = local(new Date(`${field.value}Z`));
    }
  }
  for (const name of root.querySelectorAll("#zone-name")) name.textContent = zone;
  for (const time of root.querySelectorAll("time[data-full]")) time.textContent = full(new Date(time.dateTime), said);
}

function local(moment) {
  const shifted = new Date(moment - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
