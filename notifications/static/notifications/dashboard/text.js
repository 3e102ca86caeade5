// What a page's script says, in the reader's language: the view wrote it into the page.

const language = document.documentElement.lang;
// The server's pages count in these digits.
const formats = new Map();

/** The phrases under `json_script`'s id; `shared/dates.js` takes them too. */
export function textsOf(id = "words") {
  const table = JSON.parse(document.getElementById(id).textContent);
  return {
    language,
    say: (key, values = {}) => table[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole),
  };
}

/** What topics that go by ids are called, by topic: the view wrote it into the page, too. */
export const labelsOf = () => JSON.parse(document.getElementById("labels").textContent);

/** A number with at most so many digits after the point. */
export function count(value, digits = 0) {
  if (!formats.has(digits)) {
    const options = { numberingSystem: "latn", maximumFractionDigits: digits };
    formats.set(digits, new Intl.NumberFormat(language === "en" ? "en-GB" : language, options));
  }
  return formats.get(digits).format(value);
}

/** A measured number, as exact as it matters. */
export const short = (value) => count(value, value < 10 ? 1 : 0);

/** How long something lasts, in its largest unit. */
export function span(seconds, words) {
  if (seconds < 60) return words.say("watch_s", { n: Math.max(0, Math.round(seconds)) });
  if (seconds < 3600) return words.say("watch_min", { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return words.say("watch_h", { n: Math.floor(seconds / 3600) });
  return words.say("watch_d", { n: Math.floor(seconds / 86_400) });
}

/** Change the text only where it is another: nothing is laid out anew for the rest. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
