// Phrases and numbers of the dashboard's scripts, in the language of the page.

import { Translator } from "../shared/i18n.js";

const language = document.documentElement.lang;
const formats = new Map();

/** With the phrases that the view wrote under `json_script`'s id. */
export const translatorFromPage = (id = "words") =>
  new Translator(language, JSON.parse(document.getElementById(id).textContent));

/** What topics with ids are called, by topic, as the view wrote it. */
export const labelsFromPage = () => JSON.parse(document.getElementById("labels").textContent);

/** A number with at most so many digits after the point, Latin as on the server's pages. */
export function number(value, digits = 0) {
  if (!formats.has(digits)) {
    const options = { numberingSystem: "latn", maximumFractionDigits: digits };
    formats.set(digits, new Intl.NumberFormat(language === "en" ? "en-GB" : language, options));
  }
  return formats.get(digits).format(value);
}

/** A measured number, as precise as it matters. */
export const rounded = (value) => number(value, value < 10 ? 1 : 0);

/** A duration in its largest unit. */
export function duration(seconds, i18n) {
  if (seconds < 60) return i18n.text("watch_s", { n: Math.max(0, Math.round(seconds)) });
  if (seconds < 3600) return i18n.text("watch_min", { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return i18n.text("watch_h", { n: Math.floor(seconds / 3600) });
  return i18n.text("watch_d", { n: Math.floor(seconds / 86_400) });
}

/** Set the text only where it differs, so that nothing else is laid out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
