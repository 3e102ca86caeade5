// The inbox: what the feed says goes to the list, what the reader does goes to the API.

import { api } from "./api.js";
import { List } from "./list.js";
import { Stream } from "./stream.js";

const GATHER_MS = 400; // what arrives within this time is announced together
const TIMES_MS = 20_000;

const $ = (id) => document.getElementById(id);
const page = $("inbox");
const list = new List($("days"), { row: $("row"), day: $("day") }, $("empty"));

// The count: the server's, absolute and versioned. Nothing here adds or subtracts.

let count = { unread: Number(page.dataset.unread), version: Number(page.dataset.version) };

function showCount(next) {
  if (!next || next.version < count.version) return;
  count = next;
  $("heading").setAttribute("aria-label", `Inbox, ${count.unread} unread`);
  $("count").textContent = count.unread;
  $("count").hidden = count.unread === 0;
  $("read-all").querySelector("button").disabled = count.unread === 0;
  document.title = count.unread ? `(${count.unread}) Inbox` : "Inbox";
}

// The list, asked for anew when events may be missing.

let behind = page.dataset.position === "";
let wanted = false;
let asking = false;

async function reload() {
  wanted = true;
  if (asking) return;
  asking = true;
  while (wanted) {
    wanted = false;
    list.expect();
    try {
      const answer = await api("GET", "notifications");
      list.merge(answer.items);
      showCount(answer.count);
      behind = false;
    } catch {
      behind = true;
      // Otherwise the list is asked for when the feed is live again.
      if (state.textContent === "live") setTimeout(reload, 2000 + Math.random() * 8000);
    }
  }
  asking = false;
}

// New ones are announced to those who do not see them come.

let arrived = [];

function announce(title) {
  arrived.push(title);
  if (arrived.length > 1) return;
  setTimeout(() => {
    $("announcer").textContent = arrived.length > 1 ? `${arrived.length} new notifications` : `New: ${arrived[0]}`;
    arrived = [];
  }, GATHER_MS);
}

// The feed.

const state = $("state");

function showState(word) {
  if (state.textContent !== word) state.textContent = word;
  state.dataset.state = word;
  $("sign-in").hidden = word !== "signed out";
}

const handlers = {
  "stream-open": (open) => {
    // Somebody else has signed in, in another tab: these rows are not theirs.
    if (!open.topics.includes(page.dataset.topic)) return location.reload();
    showCount(open.count);
  },
  "stream-degraded": () => {
    behind = true;
  },
  "stream-live": () => {
    // Notifications are replayed from the database if need be; what was read meanwhile is not.
    if (behind || list.unread > count.unread) reload();
  },
  "stream-reset": reload,
  notification: ({ data }) => {
    if (list.put(data, true)) announce(data.title);
  },
  recalled: ({ data }) => list.remove(data.id),
  reading: ({ data }) => {
    if (data.id === "all") reload();
    else if (data.archived_at) list.remove(data.id);
    else list.mark(data.id, data.read_at !== null);
  },
  count: showCount,
};

new Stream(page.dataset.position, handlers, showState);

// What the reader does.

async function saved(method, path) {
  try {
    showCount((await api(method, path)).count);
    $("notice").textContent = "";
    return true;
  } catch {
    $("notice").textContent = "That was not saved. Check your connection and try again.";
    return false;
  }
}

async function read({ dataset: { id } }, now) {
  list.mark(id, now);
  if (!(await saved(now ? "PUT" : "DELETE", `notifications/${id}/reading`))) list.mark(id, !now);
}

page.addEventListener("submit", async (event) => {
  event.preventDefault();
  const row = event.target.closest(".row");
  if (row) read(row, row.classList.contains("unread"));
  else if (await saved("POST", "notifications/read-all")) reload();
});

page.addEventListener("click", (event) => {
  const row = event.target.closest("a.title[href]")?.closest(".row.unread");
  if (row) read(row, true);
});

setInterval(() => list.refresh(), TIMES_MS);
