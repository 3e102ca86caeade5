// What the hub tells staff, live: one connection a page, and a word for how it stands.

import { Api } from "../shared/api.js";
import { Stream } from "../shared/feed.js";

const UNSEEN_MS = 60_000; // after which a page that nobody looks at listens no longer

export class Live {
  #query;
  #position;
  #keeps;
  #hear;
  #say;
  #stream = null;
  #timer = 0;

  /**
   * `hear(type, data, event)` is told what stands on the topics of `query`: `event` is {topic, at, id}, `at`
   * in ms; `gap()` that something may be missing. `say(state)` is one of the stream's words. A page that
   * `rests` listens only while it is looked at, and goes on from where it was if it has a position.
   */
  constructor(query, { position = "", rests = true, hear, gap = () => {}, say = () => {}, element, words }) {
    this.#query = query;
    this.#position = position;
    this.#keeps = Boolean(position);
    this.#hear = (type, told, id) => {
      if (type === "behind") return gap();
      if (!told.topic) return;
      if (this.#keeps && id) this.#position = id;
      hear(type, told.data, { topic: told.topic, at: Date.parse(told.at), id });
    };
    this.#say = (state) => {
      if (element) show(element, state, words);
      say(state);
    };
    if (rests) document.addEventListener("visibilitychange", () => this.#look());
    // A tab that comes back from the browser's own cache has lost its connection.
    addEventListener("pageshow", (event) => event.persisted && this.#restart());
    this.#restart();
  }

  #restart() {
    this.#stream?.close();
    this.#stream = new Stream(new Api("", null), this.#position, this.#hear, this.#say, this.#query);
  }

  #look() {
    clearTimeout(this.#timer);
    if (!document.hidden) {
      if (!this.#stream) this.#restart();
    } else {
      this.#timer = setTimeout(() => {
        this.#stream?.close();
        this.#stream = null;
      }, UNSEEN_MS);
    }
  }
}

function show(element, state, words) {
  element.dataset.state = state;
  element.textContent = words.say(`state_${state.replace(" ", "_")}`);
}
