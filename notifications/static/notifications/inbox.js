// The inbox: what the hub says goes to the list, what the reader does goes to the hub.

import { Deeds } from "./deeds.js";
import { Finder } from "./finder.js";
import { Keys } from "./keys.js";
import { List } from "./list.js";
import { Selection } from "./selection.js";
import { storeFor } from "./store.js";
import { Undo } from "./undo.js";
import { View } from "./view.js";
import { wordsFor } from "./words.js";

const TIMES_MS = 20_000;
const TYPING_MS = 300;
const SEE_MS = 1000;
const TYPES = ["state", "count", "notification", "recalled", "reading", "preferences", "behind"];

const $ = (id) => document.getElementById(id);
const page = $("inbox");
const store = storeFor(document.querySelector("notification-bell"));

// What the store says before the words are here waits for them.
const early = [];
let hear = (event) => early.push(event);
for (const type of TYPES) store.addEventListener(type, (event) => hear(event));

const words = await wordsFor(page);
const selection = new Selection($("selection"), words);
const templates = { row: $("row"), day: $("day") };
const left = (row) => selection.set(row, false);
const list = new List($("days"), templates, words, "older" in page.dataset, left);
const finder = new Finder(store, list, View.of(location.search), "behind" in page.dataset, {
  changed: showView,
  found(ok) {
    $("notice").textContent = ok ? "" : words.say("not_loaded");
    page.removeAttribute("aria-busy");
    showEnds();
  },
});
const undo = new Undo($("undo"), words);
const deeds = new Deeds(store, undo, words, refused);
const refresh = () => finder.refresh(() => deeds.settled());

// The count and the state: the hub's. Nothing here adds or subtracts.

function showCount({ unread }) {
  $("heading").setAttribute("aria-label", words.say("inbox_unread", { n: unread }));
  $("count").textContent = unread;
  $("count").hidden = unread === 0;
  $("read-all").querySelector("button").disabled = unread === 0;
  document.title = unread ? `(${unread}) ${words.say("inbox")}` : words.say("inbox");
}

function showState() {
  const { state } = store;
  $("state").textContent = words.say(`state_${state.replace(" ", "_")}`);
  $("state").title = state === "degraded" ? words.say("state_hint_degraded") : "";
  $("state").dataset.state = state;
  $("sign-in").hidden = state !== "signed out";
}

// The view.

function showView(view) {
  selection.clear();
  page.setAttribute("aria-busy", "true");
  for (const tab of $("views").children) {
    const { filter } = tab.dataset;
    tab.href = view.with({ filter, before: "" }).url;
    if (filter === view.filter) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  const { category, q } = $("find").elements;
  knowCategory(view.category);
  category.value = view.category;
  if (q.value.trim() !== view.q) q.value = view.q;
  $("empty").querySelector("h2").textContent = words.say(view.empty);
  $("empty").querySelector("p").textContent = words.say(`${view.empty}_hint`);
  $("newest")?.remove();
  showVerbs();
}

function showVerbs() {
  const archived = finder.view.filter === "archived";
  $("selection").querySelector("[data-act=archive]").hidden = archived;
  $("selection").querySelector("[data-act=unarchive]").hidden = !archived;
}

function showEnds() {
  $("empty").hidden = list.size > 0 || list.more || page.hasAttribute("aria-busy");
  $("older").hidden = !list.more;
  if (list.last) $("older").href = finder.view.with({ before: list.last.id }).url;
  // Asked anew, the observer says whether the end is still in sight.
  ends.unobserve($("older"));
  if (finder.reaches && !finder.behind) ends.observe($("older"));
}

const reached = ([end]) => end.isIntersecting && finder.older();
const ends = new IntersectionObserver(reached, { rootMargin: "600px" });

function go(changes, how = "pushState") {
  const view = finder.view.with({ before: "", ...changes });
  if (view.url === finder.view.url) return;
  history[how](null, "", view.url);
  finder.go(view);
}

function knowCategory(name) {
  const select = $("find").elements.category;
  if (!name || [...select.options].some((option) => option.value === name)) return;
  const after = [...select.options].slice(1).find((option) => option.value > name);
  select.add(new Option(name, name), after ?? null);
}

// What the hub says.

const heard = {
  count(count) {
    showCount(count);
    see();
  },
  state() {
    showState();
    if (store.state === "live" && finder.behind) refresh();
  },
  notification(item) {
    knowCategory(item.category);
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
  preferences: ({ categories }) => Object.keys(categories).forEach(knowCategory),
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
  $("notice").textContent = words.say("not_saved");
  heard.reading({ id, ...UNDONE[verb] });
  showEnds();
}

function act(verb, rows) {
  $("notice").textContent = "";
  deeds.offer(verb, rows);
  showEnds();
}

page.addEventListener("submit", async (event) => {
  event.preventDefault();
  const row = list.get(event.target.closest(".row")?.dataset.id);
  if (row) {
    const { name, value } = event.submitter;
    const verbs = { read: ["read", "unread"], archive: ["archive", "unarchive"] }[name];
    act(verbs[value === "yes" ? 0 : 1], [row]);
  } else if (event.target.id === "read-all") {
    const unread = list.rows.filter((other) => other.unread);
    await store.readAll().catch(() => {
      for (const other of unread) refused("read", other.id);
    });
    refresh();
  } else {
    go({ q: $("find").elements.q.value.trim() });
  }
});

page.addEventListener("click", (event) => {
  const tab = event.target.closest("#views a");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (tab && plain) {
    event.preventDefault();
    go({ filter: tab.dataset.filter });
  } else if (event.target.closest("#older") && finder.reaches && plain) {
    event.preventDefault();
    finder.older();
  } else if (event.target.closest("#selection button")) {
    const { act: verb } = event.target.closest("button").dataset;
    if (verb !== "clear") act(verb, selection.rows);
    selection.clear();
  } else {
    const link = event.target.closest(".title, .when[href]");
    const row = list.get(link?.closest(".row")?.dataset.id);
    const away = row?.leads && link === row.link;
    if (row?.unread) deeds.send(away ? "click" : "read", [row.id]);
    else if (away) store.click(row.id).catch(() => {});
  }
});

page.addEventListener("change", ({ target }) => {
  if (target.name === "category") go({ category: target.value });
  if (target.className === "pick") selection.set(list.get(target.closest(".row").dataset.id), target.checked);
});

let typing;
$("find").elements.q.addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  // A search that grows letter by letter is one step back.
  const how = finder.view.q ? "replaceState" : "pushState";
  typing = setTimeout(() => go({ q: target.value.trim() }, how), TYPING_MS);
});

addEventListener("popstate", () => finder.go(View.of(location.search)));

/** The panel's "/" leads here. */
function search() {
  if (location.hash !== "#search") return;
  $("search").focus();
  $("search").select();
  history.replaceState(null, "", finder.view.url); // so that the next time is a change again
}

// What is shown was seen, and needs no toast.

let seeing = false;

async function see() {
  if (document.hidden) store.watching.delete(page);
  else store.watching.add(page);
  if (seeing || document.hidden || !store.count?.unseen) return;
  seeing = true;
  const seen = await store.see().then(() => true, () => false);
  setTimeout(() => {
    seeing = false;
    if (seen) see();
  }, SEE_MS);
}

document.addEventListener("visibilitychange", see);

// Why it came is known once the preferences are.
$("days").addEventListener(
  "toggle",
  async ({ target }) => {
    const row = list.get(target.closest(".row").dataset.id);
    if (target.open) row.explain(await store.knowPreferences().catch(() => null));
  },
  true,
);

// By the keyboard alone.

let here = null;
$("days").addEventListener("focusin", ({ target }) => (here = target.closest(".row").dataset.id));

const current = () => list.get(document.activeElement?.closest(".row")?.dataset.id);
const chosen = () => (selection.rows.length ? selection.rows : [current()].filter(Boolean));

function step(by) {
  const { rows } = list;
  const at = rows.indexOf(list.get(here));
  // From elsewhere on the page, first back to where the reader was.
  const row = rows[at < 0 ? 0 : at + (current() ? by : 0)];
  row?.element.focus();
  row?.element.scrollIntoView({ block: "nearest" });
  if (!row && by > 0) finder.older();
}

function actOnChosen(verb) {
  const rows = chosen();
  act(verb(rows), rows);
  selection.clear();
}

const handlers = {
  j: () => step(1),
  k: () => step(-1),
  e: () => actOnChosen(() => (finder.view.filter === "archived" ? "unarchive" : "archive")),
  u: () => actOnChosen((rows) => (rows.some((row) => row.unread) ? "read" : "unread")),
  x: () => current() && selection.toggle(current()),
  z: () => undo.last(),
  "/": () => $("find").elements.q.select(),
  "?": () => $("keys").showModal(),
  Enter: ({ target }) => (target.matches(".row") ? current().link.click() : false),
  Escape: () => (selection.rows.length ? selection.clear() : false),
};

/** A dialog and the components have keys of their own. */
const elsewhere = (event) =>
  $("keys").open ||
  event.composedPath().some((node) => ["notification-bell", "notification-toasts"].includes(node.localName));

const guard = (does) => (event) => !elsewhere(event) && does(event);
new Keys(document, Object.fromEntries(Object.entries(handlers).map(([key, does]) => [key, guard(does)])));

// Begin.

hear = ({ type, detail }) => {
  heard[type](detail);
  showEnds();
};
early.forEach(hear);
page.classList.add("lively");
search();
addEventListener("hashchange", search);
showVerbs();
showState();
if (store.count) showCount(store.count);
showEnds();
see();
setInterval(() => list.refresh(), TIMES_MS);
