// The page of a chat: the room's messages go to the log, and what is written goes to the room.

import { Typing } from "../typing.js";
import { Api } from "../shared/api.js";
import { mount } from "../shared/mount.js";
import { ChatLog } from "./chat-log.js";
import { textOf } from "./chat-message.js";
import { joinRoom } from "./page.js";

const NEAR_TOP_PX = 200;
const READ_MS = 1000; // a message is a row by then

const $ = (id) => document.getElementById(id);
const page = $("room");
const { room, i18n } = await joinRoom(page);
const parts = Object.fromEntries(["log", "turns", "pending", "jump"].map((id) => [id, $(id)]));
const log = new ChatLog(parts, i18n, page.dataset.user, act, page.dataset.read);
const typing = new Typing(room);
const { text } = $("speak").elements;
const api = new Api(location.origin + mount, null);
const path = `rooms/${page.dataset.name}`;
let about = null; // what is being written: {verb: "reply" or "edit", message}

/** What a button of a message does. */
function act(verb, message, reaction) {
  if (verb === "react") return room.change("react", message.position, reaction);
  if (verb === "remove") return confirm(i18n.text("remove_sure")) && room.change("remove", message.position);
  if (verb === "again" || verb === "discard") room[verb](message);
  else writeAbout({ verb, message });
  text.focus();
}

function writeAbout(next) {
  if (about?.verb === "edit" || next?.verb === "edit") {
    text.value = next?.verb === "edit" ? textOf(next.message.body) : "";
    grow();
  }
  about = next;
  $("about").hidden = !about;
  if (!about) return;
  const name = about.message.from.name;
  const key = about.verb === "edit" ? "editing" : "replying_to";
  $("about").firstElementChild.textContent = i18n.text(key, { name, text: textOf(about.message.body).slice(0, 80) });
}

// Events of the room.

let replaced = false; // whether the room's messages have replaced those that the server wrote

function replaceWritten() {
  if (!replaced) log.clear();
  replaced = true;
}

function showEmpty() {
  $("empty").hidden = log.size > 0;
}

room.addEventListener("said", ({ detail }) => {
  replaceWritten();
  log.add(detail);
  showEmpty();
});
for (const type of ["edited", "removed", "reacted"]) {
  const show = { edited: "edit", removed: "remove", reacted: "react" }[type];
  room.addEventListener(type, ({ detail }) => log[show](detail));
}
room.addEventListener("mine", ({ detail }) => {
  log.setPending(detail);
  showEmpty();
});
room.addEventListener("reset", ({ detail }) => detail.resumed && log.addGap());
room.addEventListener("state", ({ detail: { state } }) => {
  if (state !== "live") return;
  replaceWritten();
  showEmpty();
  // What comes from here on is new.
  $("log").setAttribute("aria-live", "polite");
});
log.setPending(room.mine);
log.scrollToEnd();

function showTyping() {
  const { people } = typing;
  const [name, other] = people;
  const key = ["", "types_one", "types_two"][people.length] ?? "types_many";
  $("typing").textContent = key && i18n.text(key, { name, other });
}

typing.addEventListener("change", showTyping);

// Events of the form.

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

function send() {
  const message = text.value.trim();
  if (message) {
    const { verb, message: of } = about ?? {};
    if (verb === "edit") {
      const body = of.body.reply_to ? { text: message, reply_to: of.body.reply_to } : message;
      if (!room.change("edit", of.position, body)) return;
    } else {
      room.say(verb ? { text: message, reply_to: of.position } : message);
    }
    writeAbout(null);
    text.value = "";
    typing.stopped();
    grow();
  }
  text.focus();
}

text.addEventListener("input", () => {
  grow();
  if (text.value.trim()) typing.typed();
  else typing.stopped();
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && about) writeAbout(null);
  if (event.key === "ArrowUp" && !text.value && log.lastOwn) {
    event.preventDefault();
    writeAbout({ verb: "edit", message: log.lastOwn });
  }
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
$("speak").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
// Pressing the button must not close a phone's keyboard.
$("speak").querySelector("button").addEventListener("pointerdown", (event) => event.preventDefault());

$("about").lastElementChild.addEventListener("click", () => {
  writeAbout(null);
  text.focus();
});

// Earlier messages, and up to where the viewer has read.

let loading = false;
let isAll = false;
$("log").addEventListener("scroll", async () => {
  if (loading || isAll || !replaced || !log.first || $("log").scrollTop > NEAR_TOP_PX) return;
  loading = true;
  try {
    const { items, next } = await api.request("GET", `${path}/messages?before=${log.first}`);
    isAll = next === null;
    if (items.length) log.prepend(items.reverse());
  } catch {
    isAll = true; // until the page is loaded again
  } finally {
    loading = false;
  }
});

let marking = 0;
function markRead() {
  clearTimeout(marking);
  if (!document.hidden) marking = setTimeout(() => api.request("PUT", `${path}/reading`, {}).catch(() => {}), READ_MS);
}
room.addEventListener("said", markRead);
room.addEventListener("state", ({ detail: { state } }) => state === "live" && markRead());
document.addEventListener("visibilitychange", markRead);

$("speak").hidden = false;
grow();
if (matchMedia("(hover: hover)").matches) text.focus();
