// Draws an icon from path data: `use` does not load a sprite from another origin.

export const BELL = "M6.2 9.6a5.8 5.8 0 0 1 11.6 0c0 5.4 2.2 6.9 2.2 6.9H4s2.2-1.5 2.2-6.9M10 19.8a2.2 2.2 0 0 0 4 0";

export function drawn(d) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}
