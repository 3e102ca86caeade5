// A chat: what the room says goes to the talk, what is written goes to the room.

import { enter } from "./page.js";
import { Talk } from "./chat-log.js";
import { Typing } from "../typing.js";

const $ = (id) => document.getElementById(id);
const page = $("room");
const { room, words } = await enter(page);
const parts = Object.fromEntries(["log", "turns", "pending", "jump"].map((id) => [id, $(id)]));
const talk = new Talk(parts, words, page.dataset.user, (verb, id) => {
  room[verb](id);
  text.focus();
});
const typing = new Typing(room);
const { text } = $("speak").elements;

// What the room says.

let ours = false; // whether the room's own word has taken the place of what the server wrote

function take() {
  if (!ours) talk.clear();
  ours = true;
}

function showEmpty() {
  $("empty").hidden = talk.size > 0;
}

room.addEventListener("said", ({ detail }) => {
  take();
  talk.add(detail);
  showEmpty();
});
room.addEventListener("mine", ({ detail }) => {
  talk.wait(detail);
  showEmpty();
});
room.addEventListener("reset", ({ detail }) => detail.resumed && talk.gap());
room.addEventListener("state", ({ detail: { state } }) => {
  if (state !== "live") return;
  take();
  showEmpty();
  // What is told from here on is new.
  $("log").setAttribute("aria-live", "polite");
});
talk.wait(room.mine);
talk.toEnd();

function showTyping() {
  const { people } = typing;
  const [name, other] = people;
  const key = ["", "types_one", "types_two"][people.length] ?? "types_many";
  $("typing").textContent = key && words.say(key, { name, other });
}

typing.addEventListener("change", showTyping);

// What is written.

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

function say() {
  const said = text.value.trim();
  if (said) {
    room.say(said);
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
  say();
});
$("speak").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
// Pressing the button must not close a phone's keyboard.
$("speak").querySelector("button").addEventListener("pointerdown", (event) => event.preventDefault());

$("speak").hidden = false;
grow();
if (matchMedia("(hover: hover)").matches) text.focus();
