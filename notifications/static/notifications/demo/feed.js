// The notification feed: the demo's notifications in the reader's inbox, the newest first.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { InboxClient } from "../shared/inbox-client.js";
import { storeFor } from "../shared/store.js";
import { showState } from "./stage.js";

const CATEGORY = "gallery";
const MAX_LISTED = 20;

const list = document.getElementById("notifications");
const store = storeFor(document.querySelector("notification-bell"));
const items = new Map(); // by id
const time = new Intl.DateTimeFormat("en", { timeStyle: "medium" });

function draw() {
  const newest = [...items.values()].sort((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, MAX_LISTED);
  list.replaceChildren(...newest.map(rowOf));
  document.getElementById("arrived").textContent = newest.length;
  document.getElementById("none").hidden = newest.length > 0;
}

function rowOf({ id, title, severity, created_at: at }) {
  const when = h("time", { datetime: at }, time.format(new Date(at)));
  const mark = icon(severity);
  mark.classList.add("drawn");
  return h("li", { "data-id": id, "data-severity": severity }, mark, h("span", {}, title), when);
}

async function load() {
  const { items: found } = await new InboxClient(store).list({ category: CATEGORY });
  items.clear();
  for (const item of found) items.set(item.id, item);
  draw();
}

store.addEventListener("notification", ({ detail }) => {
  if (detail.category !== CATEGORY) return;
  items.set(detail.id, detail);
  draw();
});
store.addEventListener("recalled", ({ detail }) => items.delete(detail.id) && draw());
store.addEventListener("behind", () => load().catch(() => {}));
store.addEventListener("state", ({ detail }) => showState(detail));
showState(store.state);
load().catch(() => {});
