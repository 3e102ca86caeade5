// The phrases of the components, in the language of the page around them.

const DEFAULT = "en";
// One literal for each table: the static file storage rewrites them to names with a hash.
const TABLES = {
  ar: new URL("../words/ar.json", import.meta.url).href,
  en: new URL("../words/en.json", import.meta.url).href,
};
const loading = new Map();

/** Phrases from a table, for a language. */
export class Translator {
  #table;
  #plural;

  constructor(language, table) {
    this.language = language;
    this.#table = table;
    this.#plural = new Intl.PluralRules(language);
  }

  /** The phrase of a key, with `{name}` replaced by values; `n` selects its plural form. */
  text(key, values = {}) {
    let phrase = this.#table[key] ?? key;
    if (typeof phrase === "object") phrase = phrase[this.#plural.select(values.n)] ?? phrase.other;
    return phrase.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** The phrase of a state that `Feed` reports. */
  state(name) {
    return this.text(`state_${name.replace(" ", "_")}`);
  }
}

/** For the closest `lang`, or from the table that the element's `words` names; English where there is none. */
export async function translatorFor(element) {
  const tag = element.closest("[lang]")?.lang || navigator.language;
  const own = element.getAttribute("words");
  const url = own ? new URL(own, document.baseURI).href : TABLES[tag.split("-")[0].toLowerCase()];
  const [table, english] = await Promise.all([url && load(url), own ? load(TABLES[DEFAULT]) : null]);
  if (table) return new Translator(tag, { ...english, ...table });
  return new Translator(DEFAULT, (await load(TABLES[DEFAULT])) ?? {});
}

function load(url) {
  if (!loading.has(url)) {
    const answer = fetch(url).then((response) => (response.ok ? response.json() : null));
    loading.set(url, answer.catch(() => loading.delete(url) && null)); // so that it is tried again
  }
  return loading.get(url);
}
