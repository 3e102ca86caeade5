// Preselects the browser's time zone on the preferences page, until the user has chosen one.

const field = document.querySelector("#zone[data-preset]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && [...field.options].some((option) => option.value === zone)) {
  field.value = zone;
}
