// The reader's own time zone, until they have chosen one.

const zone = document.querySelector("#zone[data-preset]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && [...zone.options].some((option) => option.value === here)) {
  zone.value = here;
}
