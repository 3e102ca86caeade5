// What the components say, in the language of the page they stand in.

const LAST = "en";
const tables = new Map();

class Words {
  #table;
  #forms;

  constructor(language, table) {
    this.language = language;
    this.#table = table;
    this.#forms = new Intl.PluralRules(language);
  }

  say(key, values = {}) {
    let phrase = this.#table[key] ?? key;
    if (typeof phrase === "object") phrase = phrase[this.#forms.select(values.n)] ?? phrase.other;
    return phrase.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }
}

/** Of the closest `lang`, or of the table that the element's `words` names; English where there are none. */
export async function wordsFor(element) {
  const tag = element.closest("[lang]")?.lang || navigator.language;
  const own = element.getAttribute("words");
  const last = urlOf(LAST);
  const url = own ? new URL(own, document.baseURI).href : urlOf(tag.split("-")[0].toLowerCase());
  const [table, english] = await Promise.all([tableAt(url), own ? tableAt(last) : null]);
  if (table) return new Words(tag, { ...english, ...table });
  return new Words(LAST, (await tableAt(last)) ?? {});
}

const urlOf = (language) => new URL(`../words/${language}.json`, import.meta.url).href;

function tableAt(url) {
  if (!tables.has(url)) {
    const asked = fetch(url).then((response) => (response.ok ? response.json() : null));
    tables.set(url, asked.catch(() => tables.delete(url) && null)); // to be asked for again
  }
  return tables.get(url);
}
