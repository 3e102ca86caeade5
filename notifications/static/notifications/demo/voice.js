// Voice: a melody goes up in binary frames, and everybody in the room has its level and its transcript.

import { h } from "../shared/dom.js";
import { storeFor } from "../shared/store.js";
import { FRAME_MS, frameOf, levelOf, wordAfter, wordBefore } from "./melody.js";
import { gathered, showState } from "./stage.js";

const RETRY_MS = [500, 1500];
const MAX_TRANSCRIPTS = 12;

const $ = (id) => document.getElementById(id);
const network = window.galleryNetwork;
const address = new URL($("lines").dataset.room, location.href.replace(/^http/, "ws"));
const stream = crypto.randomUUID();
const transcripts = new Map(); // by position
let socket = null;
let position = "";
let credit = 0;
let next = 0; // the frame to be sent
let accepted = 0;
let answered = false; // whether the hub has said where the stream goes on
let begunAt = 0; // when frame 0 was due; 0 while nothing is sent
let framesReceived = 0;
let sentLevel = 0;
let receivedLevel = 0;

const logFrame = (text) => network.dispatchEvent(new CustomEvent("text", { detail: { stream: "room", text: `${text}\n\n` } }));

const draw = gathered(() => {
  $("sent").value = sentLevel;
  $("heard").value = receivedLevel;
  if (next) $("accepted").textContent = `${accepted} of ${next} frames accepted`;
  if (framesReceived) $("count").textContent = `${framesReceived} frames heard`;
  const newest = [...transcripts.entries()].slice(-MAX_TRANSCRIPTS);
  if ($("lines").dataset.last !== newest.at(-1)?.[0]) {
    $("lines").dataset.last = newest.at(-1)[0];
    $("lines").replaceChildren(...newest.map(([, { from, body }]) => h("li", {}, h("bdi", { class: "small" }, from.name), h("span", {}, body.text))));
  }
});

function connect() {
  if (network.isCut) return;
  const url = new URL(address);
  if (position) url.searchParams.set("after", position);
  network.dispatchEvent(
    new CustomEvent("request", { detail: { stream: "room", path: url.pathname + url.search, position: null } }),
  );
  const own = (socket = new WebSocket(url));
  own.binaryType = "arraybuffer";
  own.addEventListener("message", ({ data }) => own === socket && (typeof data === "string" ? received(data) : receivedSound(data)));
  own.addEventListener("close", () => {
    if (own !== socket) return;
    closed();
    setTimeout(connect, RETRY_MS[0] + Math.random() * (RETRY_MS[1] - RETRY_MS[0]));
  });
}

function closed() {
  socket = null;
  credit = 0;
  answered = false;
}

function say(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function receivedSound(data) {
  framesReceived++;
  receivedLevel = levelOf(new Int16Array(data));
  draw();
}

function received(text) {
  logFrame(text);
  const frame = JSON.parse(text);
  if (frame.position) position = frame.position;
  switch (frame.type) {
    case "live":
      say({ type: "stream", id: stream, acknowledged: accepted });
      break;
    case "stream":
      accepted = next = frame.accepted;
      answered = true;
      $("speak").disabled = false;
      break;
    case "credit":
      credit += frame.frames;
      accepted = Math.max(accepted, frame.accepted);
      break;
    case "signal":
      $("partial").textContent = frame.body.text;
      break;
    case "said":
      transcripts.set(frame.position, frame);
      $("partial").textContent = "\u00a0";
      break;
  }
  draw();
}

/** All frames that are due, within the credit. */
function send() {
  if (!begunAt || !answered) return;
  const due = Math.floor((performance.now() - begunAt) / FRAME_MS);
  while (next < due && credit && socket?.readyState === WebSocket.OPEN) {
    const samples = frameOf(next);
    const [before, after] = [wordBefore(next), wordAfter(next)];
    if (before) say({ type: "signal", name: "transcript", body: { text: before, final: false } });
    socket.send(samples);
    if (after) say({ type: "say", id: `${stream}-${next}`, body: { text: after, final: true } });
    sentLevel = levelOf(samples);
    next++;
    credit--;
  }
  draw();
}

$("speak").addEventListener("click", () => {
  begunAt = begunAt ? 0 : performance.now() - next * FRAME_MS;
  $("speak").setAttribute("aria-pressed", String(Boolean(begunAt)));
  $("speak").textContent = begunAt ? "Stop" : "Send a melody";
  if (!begunAt) sentLevel = 0;
  draw();
});
network.addEventListener("cut", () => {
  const own = socket;
  closed();
  own?.close();
});
network.addEventListener("restored", connect);
setInterval(() => (receivedLevel *= 0.7) > 0.01 && draw(), 5 * FRAME_MS);
setInterval(send, FRAME_MS);
const store = storeFor(document.querySelector("notification-bell"));
store.addEventListener("state", ({ detail }) => showState(detail));
showState(store.state);
connect();
