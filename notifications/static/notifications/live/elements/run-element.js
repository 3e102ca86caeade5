// <hub-run run token label>: a run while it is produced, and after: its phases, text, tools and artifacts.

import { Api } from "../../shared/api.js";
import { h } from "../../shared/dom.js";
import { RunRecord } from "../run-record.js";
import { RunStream } from "../run-stream.js";
import { HubElement } from "./element.js";
import { RunBlocks } from "./run-blocks.js";
import { runStyles } from "./run-styles.js";

const ANNOUNCE_MS = 3000; // between pieces of the text that are read out
const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

export class RunElement extends HubElement {
  static source = "run";
  static observedAttributes = ["run", "lang", "token", "label"];
  static styles = runStyles;
  #stream = null;
  #record = new RunRecord();
  #about = null; // the run as the API describes it, where it does
  #reconnecting = false;
  #stopping = false;
  #heard = ""; // what of the text was read out, or was there before
  #timer = 0;
  #title = h("span", { class: "label", id: "title", dir: "auto" });
  #state = h("span", { class: "state", role: "status", dir: "auto" });
  #stop = h("button", { class: "stop", type: "button", hidden: true, "aria-describedby": "title", onclick: () => this.stop() });
  #problem = h("p", { class: "failed problem", role: "alert" });
  #flow = h("div", { class: "flow" });
  #typing = h("div", { class: "typing", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  #aloud = h("div", { class: "hidden", "aria-live": "polite" });
  #blocks = new RunBlocks(this.#flow);
  #box = h(
    "section",
    { "aria-labelledby": "title", "data-state": "connecting" },
    h("div", { class: "head" }, this.#title, this.#state, this.#stop),
    this.#problem,
    this.#flow,
    this.#typing,
    this.#aloud,
  );

  /** The text so far. */
  get text() {
    return this.#record.text;
  }

  /** "connecting", "running", "done", "failed", "stopped", "lost" or "refused". */
  get state() {
    return this.failed ? "refused" : this.#record.state;
  }

  draw(root) {
    root.append(this.#box);
  }

  open(run) {
    if (!UUID.test(run)) return void (this.failed = true);
    this.#stream = new RunStream(dashed(run), {
      api: () => this.#api(),
      event: (type, data, isLive) => this.#received(type, data, isLive),
      state: (state) => this.#stateChanged(state),
    });
    this.#describe();
  }

  close() {
    this.#stream?.close();
    this.#stream = null;
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  empty() {
    this.#record = new RunRecord();
    this.#about = null;
    this.#heard = "";
    this.#reconnecting = this.#stopping = false;
    this.#problem.textContent = "";
  }

  /** Stop the run, not only this page; resolves once the hub has answered. */
  async stop() {
    this.#stopping = true;
    this.#problem.textContent = "";
    this.schedule();
    try {
      await (await this.#api()).request("POST", `runs/${dashed(this.getAttribute("run"))}/stop`);
    } catch (error) {
      this.#stopping = false;
      this.#problem.textContent = error.problem?.detail ?? this.i18n.text("run_stop_failed");
    }
    this.schedule();
  }

  attributeChangedCallback(name, before, value) {
    super.attributeChangedCallback(name === "token" ? "run" : name, before, value);
  }

  show() {
    const { blocks, state, phase } = this.#record;
    this.#title.textContent = this.getAttribute("label") ?? this.#about?.title ?? "";
    this.#title.hidden = !this.#title.textContent;
    if (this.#title.hidden) this.#box.setAttribute("aria-label", this.i18n.text("run_running"));
    else this.#box.removeAttribute("aria-label");
    this.#box.dataset.state = this.state;
    this.#flow.ariaBusy = String(state === "running");
    this.#typing.hidden = state !== "running" || this.#reconnecting || this.failed;
    const words = this.#words(state, phase);
    if (this.#state.textContent !== words) this.#state.textContent = words; // said once
    this.#stop.textContent = this.i18n.text("run_stop");
    this.#stop.hidden = state !== "running" || this.failed || !this.#about?.may_stop;
    this.#stop.disabled = this.#stopping;
    this.#blocks.show(blocks, this.i18n);
  }

  #words(state, phase) {
    if (this.failed) return this.i18n.text("live_refused");
    if (this.#reconnecting) return this.i18n.text("run_interrupted");
    const { detail } = this.#record;
    if (state === "failed" && detail) return this.i18n.text("run_failed_because", { detail });
    if (state === "stopped" && detail) return this.i18n.text("run_stopped_by", { name: detail });
    if (state === "running" && !this.#record.blocks.length && this.#about?.state === "queued") return this.i18n.text("run_queued");
    return phase || this.i18n.text(`run_${state}`);
  }

  #received(type, data, isLive) {
    this.#record.receive(type, data);
    if (!isLive) this.#heard = this.#record.text;
    const isOver = !["connecting", "running"].includes(this.#record.state);
    if (isOver) this.#reconnecting = false;
    if (isOver && isLive) this.#announce(true);
    else if (isLive && type === "token") this.#timer ||= setTimeout(() => this.#announce(false), ANNOUNCE_MS);
    this.schedule();
    if (type !== "token") this.dispatchEvent(new CustomEvent("run-event", { detail: { type, data } }));
  }

  #stateChanged(state) {
    this.#reconnecting = state === "reconnecting";
    if (state === "refused") this.failed = true;
    if (state === "live") this.#record.setLive();
    this.schedule();
  }

  /** Have read out what came since, up to the last whole word. */
  #announce(isLast) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const { text } = this.#record;
    if (!text.startsWith(this.#heard)) this.#heard = text;
    const upto = isLast ? text.length : Math.max(this.#heard.length, text.search(/\s\S*$/));
    if (upto > this.#heard.length) this.#aloud.textContent = text.slice(this.#heard.length, upto);
    this.#heard = text.slice(0, upto);
  }

  /** A run's own token does not open what the API says of it. */
  async #describe() {
    const stream = this.#stream;
    const path = `runs/${dashed(this.getAttribute("run"))}`;
    const about = await this.#api().then((api) => api.request("GET", path)).catch(() => null);
    if (stream !== this.#stream && this.#stream) return;
    this.#about = about;
    this.schedule();
  }

  async #api() {
    const token = this.getAttribute("token");
    const api = await this.hub.api();
    return token === null ? api : new Api(api.origin, token);
  }
}

/** The ids of runs, as their URLs have them. */
function dashed(id) {
  const hex = id.replaceAll("-", "").toLowerCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
