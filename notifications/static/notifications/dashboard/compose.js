// Compose: looks and counts by itself while somebody writes, and becomes the page of what was sent.

import { sheet } from "../toasts/view.js";
import { dress } from "../shared/component-styles.js";
import { localize } from "./time-zone.js";

const PAUSE_MS = 350; // of the typing, after which it is looked at
const MOST_MS = 20_000;
const LAST = "#confirm, #proof"; // typed last, and no matter to the preview
const STILL = ".toast { animation: none !important; }";

const form = () => document.getElementById("compose");
let timer = 0;
let asking = null;

function prepare() {
  localize(form());
  dressToast();
}

/** The toast as its component draws it. */
function dressToast() {
  for (const host of form().querySelectorAll(".toasted")) {
    if (host.shadowRoot) continue;
    const root = host.attachShadow({ mode: "open" });
    dress(root, sheet, STILL);
    root.append(...host.childNodes);
  }
}

/** What the server makes of the form. A later question ends an earlier one. */
async function ask(act) {
  clearTimeout(timer);
  asking?.abort();
  const mine = (asking = new AbortController());
  const body = new URLSearchParams(new FormData(form()));
  body.set("act", act);
  if (act !== "send") body.delete("proof");
  const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(MOST_MS)]);
  const answer = await fetch(form().action, { method: "POST", body, signal });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine.signal.aborted) throw new DOMException("A later one was asked.", "AbortError");
  return { answer, page };
}

async function look() {
  try {
    const { page } = await ask("preview");
    if (!page.getElementById("compose")) return;
    swap("preview", page);
    const before = page.getElementById("before");
    hush(before);
    swap("before", page);
    dressToast();
  } catch {
    // The next letter asks again, and the button says what is wrong.
  }
}

/** What is still being written is not found fault with. */
function hush(before) {
  for (const link of before.querySelectorAll(".faults a")) {
    const field = document.getElementById(link.hash.slice(1));
    if (!field?.value || field === document.activeElement) link.closest("li").remove();
  }
  before.querySelector(".faults:not(:has(li))")?.remove();
}

/** Take a part of another page into this one; focus and what was typed stay. */
function swap(id, page) {
  const old = document.getElementById(id);
  const fresh = page.getElementById(id);
  if (shape(fresh) === old.dataset.shape) {
    const nonce = old.querySelector("[name=id]");
    if (nonce) nonce.value = fresh.querySelector("[name=id]").value;
    return;
  }
  fresh.dataset.shape = shape(fresh);
  for (const typed of old.querySelectorAll(LAST)) {
    const field = fresh.querySelector(`#${typed.id}`);
    if (field) field.value = typed.value;
  }
  const pressed = old.querySelector("[name=act]:focus")?.value;
  const writes = focusIn(old);
  old.replaceWith(fresh);
  if (!writes(fresh) && pressed) fresh.querySelector(`[name=act][value="${pressed}"]`)?.focus();
}

/** Where somebody writes in a part: a function that puts them there in its successor, and says if it did. */
function focusIn(part) {
  const field = part.contains(document.activeElement) && document.activeElement;
  if (!field?.id) return () => false;
  const { id, selectionStart: caret } = field;
  return (fresh) => {
    const again = fresh.querySelector(`#${id}`);
    again?.focus();
    if (again && Number.isInteger(caret)) again.setSelectionRange(caret, caret);
    return again !== null;
  };
}

/** What was typed since the form was sent; whether it was anything. */
function keep(old, sent, fresh) {
  const changed = [...new FormData(old)].filter(([name, value]) => name !== "id" && value !== sent.get(name));
  for (const [name, value] of changed) if (fresh.elements[name]) fresh.elements[name].value = value;
  return changed.length > 0;
}

/** A part without what differs every time. */
const shape = (part) => part.outerHTML.replace(/ (datetime|title|value|data-shape)="[^"]*"/g, "");

async function act(verb) {
  const before = form();
  before.setAttribute("aria-busy", "true");
  const sent = new FormData(before);
  try {
    const { answer, page } = await ask(verb);
    if (page.getElementById("sending")) return become(answer.url, page);
    const fresh = page.getElementById("compose");
    if (!fresh && answer.redirected) return location.assign(answer.url); // signed out
    const late = keep(before, sent, fresh);
    const writes = focusIn(before);
    before.replaceWith(fresh);
    prepare();
    if (!writes(fresh)) point(verb);
    if (late) timer = setTimeout(look, PAUSE_MS);
  } catch (error) {
    if (error.name === "AbortError") return;
    const notice = document.getElementById("notice");
    notice.textContent = before.dataset.failed;
    notice.scrollIntoView({ block: "center" });
  } finally {
    before.removeAttribute("aria-busy");
  }
}

/** Where to go on. */
function point(verb) {
  const next = {
    send: "[aria-invalid=true], #proof, #confirm",
    test: "[aria-invalid=true]:not(#to, #confirm, #proof)",
    add: "#to",
    everyone: "#to",
  };
  const there = next[verb] && form().querySelector(next[verb]);
  (there ?? form().querySelector(`[name=act][value="${verb}"]`))?.focus();
}

/** From the draft to what became of it, without another page. */
async function become(url, page) {
  const fresh = page.querySelector(".with-side");
  document.querySelector(".with-side").replaceWith(fresh);
  document.title = page.title;
  history.pushState(null, "", url);
  addEventListener("popstate", () => location.reload());
  scrollTo(0, 0);
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
  await import("./sending.js");
}

document.addEventListener("input", (event) => {
  if (event.target.form !== form() || !form() || event.target.matches(LAST)) return;
  if (event.target.name.startsWith("add_")) return;
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
});

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  act(event.submitter?.value ?? "preview");
});

prepare();
if (form().elements.to.value || form().elements.title.value) look();
