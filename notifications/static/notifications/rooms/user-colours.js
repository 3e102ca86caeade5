// A colour for each user: the same on every page and for every viewer. `rooms.css` defines the classes.

const COLOURS = 8;

export function colourClass(id) {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.codePointAt(0)) % 65_521;
  return `hue-${hash % COLOURS}`;
}
