// The page of a chat: the room's messages go to the log, and what is written goes to the room.

import { Typing } from "../typing.js";
import { ChatLog } from "./chat-log.js";
import { joinRoom } from "./page.js";

const $ = (id) => document.getElementById(id);
const page = $("room");
const { room, i18n } = await joinRoom(page);
const parts = Object.fromEntries(["log", "turns", "pending", "jump"].map((id) => [id, $(id)]));
const log = new ChatLog(parts, i18n, page.dataset.user, (verb, id) => {
  room[verb](id);
  text.focus();
});
const typing = new Typing(room);
const { text } = $("speak").elements;

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
    room.say(message);
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

$("speak").hidden = false;
grow();
if (matchMedia("(hover: hover)").matches) text.focus();
