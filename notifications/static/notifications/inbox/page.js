// The inbox: what the hub says goes to the list, what the reader does goes to the hub.

import { Choice } from "./filter-form.js";
import { Deeds } from "./actions.js";
import { End } from "./infinite-scroll.js";
import { Finder } from "./loader.js";
import { Head } from "./header.js";
import { List } from "./list.js";
import { Notice } from "./error-notice.js";
import { Selection } from "./selection.js";
import { Shortcuts } from "./shortcuts.js";
import { Sight } from "./seen-reporter.js";
import { storeFor } from "../shared/store.js";
import { Undo } from "./undo.js";
import { View } from "./filters.js";
import { wordsFor } from "../shared/i18n.js";

const TIMES_MS = 20_000;
const TYPES = ["state", "count", "notification", "recalled", "reading", "preferences", "behind"];

const $ = (id) => document.getElementById(id);
const page = $("inbox");
const store = storeFor(document.querySelector("notification-bell"));

// What the store says before the words are here waits for them.
const early = [];
let hear = (event) => early.push(event);
for (const type of TYPES) store.addEventListener(type, (event) => hear(event));

const words = await wordsFor(page);
const head = new Head(words);
const notice = new Notice($("notice"), words);
const selection = new Selection($("selection"), words);
const templates = { row: $("row"), day: $("day") };
const left = (row) => selection.set(row, false);
const list = new List($("days"), templates, words, "older" in page.dataset, left);
const finder = new Finder(store, list, View.of(location.search), "behind" in page.dataset, {
  changed(view) {
    page.setAttribute("aria-busy", "true");
    selection.begin(view);
    choice.show(view);
    end.begin(view);
  },
  found(ok) {
    if (ok) notice.clear("not_loaded");
    else notice.say("not_loaded");
    page.removeAttribute("aria-busy");
    end.show();
  },
});
const choice = new Choice(finder);
const end = new End(list, finder, words);
const sight = new Sight(store);
const undo = new Undo($("undo"), words);
const deeds = new Deeds(store, undo, notice, words, refused);
const refresh = () => finder.refresh(() => deeds.settled());
new Shortcuts({ list, selection, finder, choice, undo, act });

// What the hub says.

const heard = {
  count(count) {
    head.count(count);
    sight.see();
  },
  state() {
    head.state(store.state);
    if (store.state === "live" && finder.behind) refresh();
  },
  notification(item) {
    choice.know(item.category);
    const known = list.known(item.id);
    // An event is the same for everybody, so of a known row it must not change the reading.
    if (known) known.fill(item, store.preferences);
    else if (finder.view.takes({ ...item, unread: !item.read_at, archived: Boolean(item.archived_at) })) {
      list.put(item, store.preferences).element.classList.add("fresh");
    }
  },
  recalled: ({ id }) => list.forget(id),
  reading({ id, read_at, archived_at }) {
    if (id === "all") {
      if (read_at) readAll();
      return;
    }
    const row = list.known(id);
    if (row) {
      if (read_at !== undefined) row.mark(read_at !== null);
      if (archived_at !== undefined) row.put(archived_at !== null);
      settle(row);
    } else if (finder.view.holds({ unread: read_at === null, archived: Boolean(archived_at) })) {
      refresh();
    }
  },
  preferences: ({ categories }) => Object.keys(categories).forEach((name) => choice.know(name)),
  behind: refresh,
};

function settle(row) {
  if (finder.view.holds(row)) list.back(row);
  else list.take(row);
}

function readAll() {
  for (const row of list.rows) {
    row.mark(true);
    settle(row);
  }
  refresh();
}

// What the reader does.

const UNDONE = {
  read: { read_at: null },
  click: { read_at: null },
  unread: { read_at: "" },
  archive: { archived_at: null },
  unarchive: { archived_at: "" },
};

function refused(verb, id) {
  heard.reading({ id, ...UNDONE[verb] });
  end.show();
}

function act(verb, rows) {
  deeds.offer(verb, rows);
  end.show();
}

page.addEventListener("submit", async (event) => {
  const row = list.get(event.target.closest(".row")?.dataset.id);
  if (row) {
    event.preventDefault();
    const { name, value } = event.submitter;
    const verbs = { read: ["read", "unread"], archive: ["archive", "unarchive"] }[name];
    act(verbs[value === "yes" ? 0 : 1], [row]);
  } else if (event.target.id === "read-all") {
    event.preventDefault();
    await deeds.readAll(list.rows);
    refresh();
  }
});

$("selection").addEventListener("click", ({ target }) => {
  const verb = target.closest("button")?.dataset.act;
  if (!verb) return;
  if (verb !== "clear") act(verb, selection.rows);
  selection.clear();
});

$("days").addEventListener("click", ({ target }) => {
  const link = target.closest(".title, .when[href]");
  const row = list.get(link?.closest(".row").dataset.id);
  const away = row?.leads && link === row.link;
  if (row?.unread) deeds.send(away ? "click" : "read", [row.id]);
  else if (away) store.click(row.id).catch(() => {});
});

$("days").addEventListener("change", ({ target }) => {
  if (target.className === "pick") selection.set(list.get(target.closest(".row").dataset.id), target.checked);
});

// Why it came is known once the preferences are.
$("days").addEventListener(
  "toggle",
  async ({ target }) => {
    const row = list.get(target.closest(".row").dataset.id);
    if (target.open) row.explain(await store.knowPreferences().catch(() => null));
  },
  true,
);

// Begin.

hear = ({ type, detail }) => {
  heard[type](detail);
  end.show();
};
early.forEach(hear);
page.classList.add("lively");
selection.begin(finder.view);
head.state(store.state);
if (store.count) head.count(store.count);
end.show();
sight.see();
setInterval(() => list.refresh(), TIMES_MS);
