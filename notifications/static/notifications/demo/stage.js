// What all pages of the gallery have: their topics, the state of the stream, and the buttons that break it.

import { hub } from "../hub.js";
import { csrfToken } from "../shared/api.js";
import { Transcript } from "./transcript.js";

const CUT_MS = 4000;
const STATES = {
  connecting: "connecting",
  reconnecting: "connecting",
  slow: "polling",
  live: "live",
  degraded: "behind",
  offline: "offline",
  refused: "signed out",
};

const $ = (id) => document.getElementById(id);
const network = window.galleryNetwork;
const scene = $("scene");
const notice = $("notice");
const healing = $("healing");
const beginButton = $("begin");

export const topics = scene.dataset.topics.split(" ").filter(Boolean);
const transcript = new Transcript($("transcript"), network);
const runs = new Map(); // by topic: {run, state}
let shown = "connecting";
let broken = null; // since when the stream is, and how it was broken

/**
 * Read the page's topics: `events` are handlers by type, `(data, event, topic)`; `started(topic, before)` is called
 * when a run begins; `before` is the one that was shown, if any.
 */
export function show(events, { started = () => {}, history = false } = {}) {
  for (const name of topics) {
    const topic = hub.topic(name, { history });
    for (const [type, call] of Object.entries(events)) topic.on(type, (data, event) => call(data, event, name));
    topic.on("run", (run) => {
      if (run.state === "running" && run.run !== runs.get(name)?.run) started(name, runs.get(name));
      runs.set(name, run);
      showRuns();
    });
  }
  const showHub = () => showState(hub.reason === "polling" ? "slow" : hub.state);
  hub.on("state", showHub);
  showHub();
}

/** Call once for all that changed before the next frame. */
export function gathered(draw) {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
}

/** `state` is one that the hub, or the bell's store, reports. */
export function showState(state) {
  shown = state;
  const element = $("state");
  const name = STATES[state] ?? state;
  element.textContent = transcript.instance && state === "live" ? `live on ${transcript.instance}` : name;
  element.dataset.state = { connecting: "reconnecting", behind: "degraded", polling: "slow" }[name] ?? name;
}

function showRuns() {
  const all = topics.map((name) => runs.get(name));
  const finished = all.every((run) => run?.state === "finished");
  scene.dataset.state = finished ? "finished" : "running";
  scene.dataset.run = all[0]?.run ?? "";
  if (beginButton && topics.length) beginButton.disabled = all.some((run) => run?.state === "running");
}

/** The response; null if the hub refused, which is shown. If `mayDie`, the instance that was asked may have died before it answered: {}. */
export async function post(url, { form = {}, mayDie = false } = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": csrfToken() },
    body: new URLSearchParams(form),
  }).catch(() => null);
  if (response?.ok) return response;
  const problem = await response?.json().catch(() => null);
  if (mayDie && !problem) return {};
  notice.textContent = problem?.detail ?? "The hub did not answer: try again in a moment.";
  return null;
}

/** Kill an instance, and say so. */
export async function kill(button, instance, words) {
  notice.textContent = "";
  button.disabled = true;
  if (await post($("kill").dataset.url, { form: { instance }, mayDie: true })) healing.textContent = words;
  button.disabled = false;
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

$("cut").addEventListener("click", () => {
  notice.textContent = "";
  $("cut").disabled = true;
  broken = { at: performance.now(), instance: transcript.instance, how: "cut" };
  healing.textContent = `Cut for ${CUT_MS / 1000} seconds. What is published meanwhile waits in the log.`;
  network.cut(CUT_MS);
});
network.addEventListener("restored", () => ($("cut").disabled = false));

$("kill").addEventListener("click", async () => {
  notice.textContent = "";
  const { instance } = transcript;
  if (!instance) return (notice.textContent = "There is no stream now: wait until the page is live.");
  broken = { at: performance.now(), instance, how: "killed" };
  $("kill").disabled = true;
  if (!(await post($("kill").dataset.url, { form: { instance }, mayDie: true }))) broken = null;
  else if (broken) healing.textContent = `${instance} gets a SIGKILL.`; // it may have healed by now
  $("kill").disabled = false;
});

transcript.addEventListener("opened", () => showState(shown));
transcript.addEventListener("live", () => {
  showState(shown);
  if (!broken || network.isCut) return;
  const { at, instance, how } = broken;
  if (how === "killed" && transcript.instance === instance) return; // it has not died yet
  broken = null;
  const went = how === "killed" ? `${instance} was killed.` : "The network is back.";
  healing.textContent = `${went} Live again on ${transcript.instance} after ${seconds(performance.now() - at)}, with all that came meanwhile.`;
});

beginButton?.addEventListener("click", async () => {
  notice.textContent = "";
  beginButton.disabled = true;
  const begun = await post(scene.dataset.begin);
  if (!begun || !topics.length) beginButton.disabled = false;
});

addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
