// The agent's chat: a question begins a run, which is shown from wherever it is, on any device; the address names it.

import "../elements.js";
import { Api } from "../shared/api.js";
import { h } from "../shared/dom.js";
import { mount } from "../shared/mount.js";
import { storeFor } from "../shared/store.js";
import { kill, post, showState } from "./stage.js";

const MAX_LISTED = 8;
const STATES = { failed: "failed", stopped: "stopped", lost: "lost", done: "done", running: "writing", queued: "waiting" };

const $ = (id) => document.getElementById(id);
const api = new Api(mount, null);
const answer = $("answer");
const killWriter = $("kill-writer");
const canKill = !$("kill").disabled;
let writer = ""; // the instance that writes the answer; "" once it is over

const shownRun = () => location.hash.slice(1);

function show() {
  const run = shownRun();
  setWriter("");
  answer.hidden = $("share").hidden = !run;
  if (run) answer.setAttribute("run", run);
  else answer.removeAttribute("run");
  $("other").href = location.href;
  markShown();
}

function markShown() {
  for (const link of $("runs").querySelectorAll("a")) {
    if (link.hash.slice(1) === shownRun()) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function setWriter(instance) {
  writer = instance;
  killWriter.disabled = !writer || !canKill;
}

async function list() {
  const { runs } = await api.request("GET", `runs?limit=${MAX_LISTED}`);
  $("none").hidden = runs.length > 0;
  const rows = runs.map(({ run, title, state, tokens }) =>
    h(
      "li",
      { "data-run": run, "data-state": state },
      h("a", { href: `#${run}`, dir: "auto" }, title || "Untitled"),
      h("span", { class: "small" }, state === "running" ? STATES[state] : `${STATES[state]} · ${tokens} tokens`),
    ),
  );
  $("runs").replaceChildren(...rows);
  markShown();
  return runs;
}

async function ask(prompt) {
  const button = $("ask").querySelector("button");
  button.disabled = true;
  const response = await post($("ask").action, { form: { prompt } });
  button.disabled = false;
  if (!response) return;
  $("prompt").value = "";
  location.hash = (await response.json()).run;
  list().catch(() => {});
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ask($("prompt").value);
});
document.querySelector(".questions").addEventListener("click", ({ target }) => {
  if (target.localName === "button") ask(target.textContent);
});
answer.addEventListener("run-event", ({ detail: { type, data } }) => {
  if (type === "phase") setWriter(data.instance ?? "");
  else if (["done", "error", "stopped", "lost"].includes(type)) {
    setWriter("");
    list().catch(() => {});
  }
});
killWriter.addEventListener("click", async () => {
  const words = `${writer} gets a SIGKILL. What it wrote stays; the answer is lost once its lease runs out.`;
  await kill(killWriter, writer, words);
  setWriter(writer); // which may be over by now
});
addEventListener("hashchange", show);
document.addEventListener("visibilitychange", () => document.hidden || list().catch(() => {}));

const store = storeFor(document.querySelector("notification-bell"));
store.addEventListener("state", ({ detail }) => showState(detail));
showState(store.state);
show();
list()
  .then(([latest]) => {
    if (!shownRun() && latest?.state === "running") location.replace(`#${latest.run}`);
  })
  .catch(() => {});
