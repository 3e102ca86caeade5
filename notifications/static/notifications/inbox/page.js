// The inbox page: connects the model with the page, the feed and the user's actions.

import { InboxActions } from "./actions.js";
import { DayList } from "./day-list.js";
import { ErrorNotice } from "./error-notice.js";
import { FilterForm } from "./filter-form.js";
import { InboxFilters } from "./filters.js";
import { InboxHeader } from "./header.js";
import { InfiniteScroll } from "./infinite-scroll.js";
import { InboxLoader } from "./loader.js";
import { InboxModel } from "./model.js";
import { InboxRow } from "./row.js";
import { SeenReporter } from "./seen-reporter.js";
import { Selection } from "./selection.js";
import { Shortcuts } from "./shortcuts.js";
import { Undo } from "./undo.js";
import { translatorFor } from "../shared/i18n.js";
import { InboxClient } from "../shared/inbox-client.js";
import { shortcutHelp } from "../shared/shortcut-help.js";
import { storeFor } from "../shared/store.js";

const PAGE_SIZE = 50;
const TIMES_MS = 20_000;
const EVENTS = ["state", "count", "notification", "recalled", "reading", "preferences", "behind"];

const $ = (id) => document.getElementById(id);
const page = $("inbox");
const store = storeFor(document.querySelector("notification-bell"));
const client = new InboxClient(store);

// Events that come before the phrases are loaded wait for them.
const early = [];
let receive = (event) => early.push(event);
for (const type of EVENTS) store.addEventListener(type, (event) => receive(event));

const i18n = await translatorFor(page);
const copy = (template) => $(template).content.firstElementChild.cloneNode(true);
const header = new InboxHeader(i18n);
const notice = new ErrorNotice($("notice"), i18n);
const selection = new Selection($("selection"), i18n);
const seen = new SeenReporter(store, client);
const undo = new Undo($("undo"), i18n);
const actions = new InboxActions(client, undo, notice, i18n, (state) => model.update(state));

const written = [...$("days").querySelectorAll(".row")].map((node) => InboxRow.adopt(node, i18n));
const list = new DayList($("days"), i18n, {
  makeSection: () => copy("day"),
  makeRow(item) {
    const row = new InboxRow(copy("row"), i18n);
    row.update(item);
    row.explain(store.preferences);
    return row;
  },
  removed: (row) => selection.set(row, false),
  rows: written,
});
const model = new InboxModel({
  filters: InboxFilters.parse(location.search),
  items: written.map(({ item }) => item),
  hasMore: "older" in page.dataset,
  changed() {
    list.show(model.items);
    end.show();
  },
});
const loader = new InboxLoader(client, model, {
  pageSize: PAGE_SIZE,
  failed: "behind" in page.dataset,
  settled: () => actions.settled(),
  loaded(ok) {
    if (ok) notice.clear("not_loaded");
    else notice.add("not_loaded");
    page.removeAttribute("aria-busy");
    end.show();
  },
});
const end = new InfiniteScroll(model, loader, i18n);
const form = new FilterForm(model, load);
new Shortcuts({ list, model, selection, loader, form, undo, act });

function load(filters) {
  page.setAttribute("aria-busy", "true");
  selection.reset(filters);
  form.show(filters);
  end.reset(filters);
  return loader.load(filters);
}

function act(verb, items) {
  actions.offer(verb, items);
}

// Events of the store.

const handlers = {
  count(count) {
    header.showCount(count);
    seen.report();
  },
  state(state) {
    header.showState(state);
    if (state === "live" && loader.failed) loader.refresh();
  },
  notification(item) {
    form.addCategory(item.category);
    const isNew = !list.get(item.id);
    model.receive(item);
    if (isNew) list.get(item.id)?.node.classList.add("fresh");
  },
  recalled: ({ id }) => model.remove(id),
  reading(change) {
    if (model.update(change)) loader.refresh();
  },
  preferences: ({ categories }) => Object.keys(categories).forEach((name) => form.addCategory(name)),
  behind: () => loader.refresh(),
};

// Events of the page.

page.addEventListener("submit", async (event) => {
  const row = list.get(event.target.closest(".row")?.dataset.id);
  if (row) {
    event.preventDefault();
    const { name, value } = event.submitter;
    if (name === "choice") return actions.choose(value, row.item.topic, row.topicName);
    const verbs = { read: ["read", "unread"], archive: ["archive", "unarchive"] }[name];
    act(verbs[value === "yes" ? 0 : 1], [row.item]);
  } else if (event.target.id === "read-all") {
    event.preventDefault();
    await actions.readAll(model.items);
    loader.refresh();
  }
});

$("selection").addEventListener("click", ({ target }) => {
  const verb = target.closest("button")?.dataset.act;
  if (!verb) return;
  if (verb !== "clear") act(verb, selection.items);
  selection.clear();
});

$("days").addEventListener("click", ({ target }) => {
  const link = target.closest(".title, .when[href]");
  const row = list.get(link?.closest(".row").dataset.id);
  const leaves = row?.hasOwnUrl && link === row.link;
  if (row?.item.read_at === null) actions.send(leaves ? "click" : "read", [row.item.id]);
  else if (leaves) client.click(row.item.id).catch(() => {});
});

$("days").addEventListener("change", ({ target }) => {
  if (target.className === "pick") selection.set(list.get(target.closest(".row").dataset.id), target.checked);
});

// The reason is complete once the preferences are loaded.
$("days").addEventListener(
  "toggle",
  async ({ target }) => {
    const row = list.get(target.closest(".row").dataset.id);
    if (target.open) row.explain(await store.loadPreferences().catch(() => null));
  },
  true,
);

// Start.

list.show(model.items); // the server wrote the days of UTC
list.refresh();
receive = ({ type, detail }) => handlers[type](detail);
early.forEach(receive);
store.expire(...model.items);
$("shortcuts").append(...shortcutHelp(i18n, { Esc: "clear" }));
page.classList.add("lively");
selection.reset(model.filters);
header.showState(store.state);
if (store.count) header.showCount(store.count);
end.show();
seen.report();
setInterval(() => list.refresh(), TIMES_MS);
