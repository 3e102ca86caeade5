// A colour for each person: the same on every page and for every reader. `rooms.css` knows the eight.

const HUES = 8;

export function hueOf(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) % 65_521;
  return `hue-${sum % HUES}`;
}
