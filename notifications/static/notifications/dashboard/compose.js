// The compose page: previews and counts while the user types, and turns into the page of the sending.

import { setStyles } from "../shared/component-styles.js";
import { itemStyles } from "../shared/item-styles.js";
import { toastStyles } from "../toasts/styles.js";
import { localize } from "./time-zone.js";

const TYPING_MS = 350;
const TIMEOUT_MS = 20_000;
const CONFIRMATION = "#confirm, #proof"; // fields that do not matter to the preview
const NO_ANIMATION = ".toast { animation: none !important; }";
// Where the focus goes after an action, by its name.
const NEXT_FIELD = {
  send: "[aria-invalid=true], #proof, #confirm",
  test: "[aria-invalid=true]:not(#to, #confirm, #proof)",
  add: "#to",
  everyone: "#to",
};

const form = () => document.getElementById("compose");
let timer = 0;
let request = null;

function prepare() {
  localize(form());
  styleToast();
}

/** The toast of the preview, as its component draws it. */
function styleToast() {
  for (const host of form().querySelectorAll(".toasted")) {
    if (host.shadowRoot) continue;
    const root = host.attachShadow({ mode: "open" });
    setStyles(root, itemStyles, toastStyles, NO_ANIMATION);
    root.append(...host.childNodes);
  }
}

/** Post the form; resolves to the page that the server answers. A later post aborts an earlier one. */
async function post(action) {
  clearTimeout(timer);
  request?.abort();
  const ours = (request = new AbortController());
  const body = new URLSearchParams(new FormData(form()));
  body.set("act", action);
  if (action !== "send") body.delete("proof");
  const signal = AbortSignal.any([ours.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(form().action, { method: "POST", body, signal });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (ours.signal.aborted) throw new DOMException("A later request was sent.", "AbortError");
  return { response, page };
}

async function preview() {
  try {
    const { page } = await post("preview");
    if (!page.getElementById("compose")) return;
    replacePart("preview", page);
    hideEarlyErrors(page.getElementById("before"));
    replacePart("before", page);
    styleToast();
  } catch {
    // Typing on tries again, and the buttons report what is wrong.
  }
}

/** Errors of fields that are empty or still being edited are not shown yet. */
function hideEarlyErrors(part) {
  for (const link of part.querySelectorAll(".faults a")) {
    const field = document.getElementById(link.hash.slice(1));
    if (!field?.value || field === document.activeElement) link.closest("li").remove();
  }
  part.querySelector(".faults:not(:has(li))")?.remove();
}

/** Replace a part of this page by that of another; focus and confirmations stay. */
function replacePart(id, page) {
  const old = document.getElementById(id);
  const fresh = page.getElementById(id);
  if (fingerprint(fresh) === old.dataset.shape) {
    const nonce = old.querySelector("[name=id]");
    if (nonce) nonce.value = fresh.querySelector("[name=id]").value;
    return;
  }
  fresh.dataset.shape = fingerprint(fresh);
  for (const typed of old.querySelectorAll(CONFIRMATION)) {
    const field = fresh.querySelector(`#${typed.id}`);
    if (field) field.value = typed.value;
  }
  const pressed = old.querySelector("[name=act]:focus")?.value;
  const restoreFocus = focusIn(old);
  old.replaceWith(fresh);
  if (!restoreFocus(fresh) && pressed) fresh.querySelector(`[name=act][value="${pressed}"]`)?.focus();
}

/** A function that restores the focus and caret of a part in its successor, and returns whether it could. */
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

/** Carry over what was typed since the form was sent. Returns whether anything was. */
function keepChanges(old, sent, fresh) {
  const changed = [...new FormData(old)].filter(([name, value]) => name !== "id" && value !== sent.get(name));
  for (const [name, value] of changed) if (fresh.elements[name]) fresh.elements[name].value = value;
  return changed.length > 0;
}

/** A part without what differs each time. */
const fingerprint = (part) => part.outerHTML.replace(/ (datetime|title|value|data-shape)="[^"]*"/g, "");

async function submit(action) {
  const before = form();
  before.setAttribute("aria-busy", "true");
  const sent = new FormData(before);
  try {
    const { response, page } = await post(action);
    if (page.getElementById("sending")) return showSending(response.url, page);
    const fresh = page.getElementById("compose");
    if (!fresh && response.redirected) return location.assign(response.url); // signed out
    const typedOn = keepChanges(before, sent, fresh);
    const restoreFocus = focusIn(before);
    before.replaceWith(fresh);
    prepare();
    if (!restoreFocus(fresh)) focusNext(action);
    if (typedOn) timer = setTimeout(preview, TYPING_MS);
  } catch (error) {
    if (error.name === "AbortError") return;
    const notice = document.getElementById("notice");
    notice.textContent = before.dataset.failed;
    notice.scrollIntoView({ block: "center" });
  } finally {
    before.removeAttribute("aria-busy");
  }
}

function focusNext(action) {
  const field = NEXT_FIELD[action] && form().querySelector(NEXT_FIELD[action]);
  (field ?? form().querySelector(`[name=act][value="${action}"]`))?.focus();
}

/** Turn into the page of the sending, without loading it. */
async function showSending(url, page) {
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
  if (event.target.form !== form() || !form() || event.target.matches(CONFIRMATION)) return;
  if (event.target.name.startsWith("add_")) return;
  clearTimeout(timer);
  timer = setTimeout(preview, TYPING_MS);
});

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  submit(event.submitter?.value ?? "preview");
});

prepare();
if (form().elements.to.value || form().elements.title.value) preview();
