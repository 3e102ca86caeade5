// The keyboard shortcuts of a list of notifications, as the page's and the panel's help show them.

import { h } from "./dom.js";

const SHORTCUTS = {
  j: "key_next",
  k: "key_previous",
  "↵": "key_open",
  e: "key_archive",
  u: "key_unread",
  x: "key_select",
  "/": "key_search",
  z: "key_undo",
  "?": "key_help",
};

/** Children of a `dl`; `more` are other keys, each with its phrase. */
export const shortcutHelp = (i18n, more = {}) =>
  Object.entries({ ...SHORTCUTS, ...more }).map(([key, phrase]) =>
    h("div", null, h("dt", null, h("kbd", null, key)), h("dd", null, i18n.text(phrase))),
  );
