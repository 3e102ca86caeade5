// A dashboard page's feed of staff topics, closed while the page is hidden.

import { Api } from "../shared/api.js";
import { Feed } from "../shared/feeds/feed.js";
import { PositionSet } from "../shared/position-set.js";
import { mount } from "../shared/mount.js";

const HIDDEN_MS = 60_000; // after which a hidden page disconnects

/** Whether events come in a state of `LiveFeed`. */
export const isConnected = (state) => state === "live" || state === "slow";

export class LiveFeed {
  #query;
  #position;
  #resumes;
  #positions = new PositionSet();
  #request;
  #event;
  #state;
  #feed = null;
  #timer = 0;

  /**
   * `event(type, data, {topic, at, id})` is called for the events on the topics of `query`, `at` in ms; `gap()` where
   * something may be missing; `state(state)` with a state of `Feed`, which is shown in `element`. A page that `rests`
   * is connected only while it is visible, and resumes where it was if it was given a position. `request` as of `Feed`.
   */
  constructor(query, { position = "", rests = true, event, gap, state, request = null, element, i18n }) {
    this.#query = query;
    this.#position = position;
    this.#resumes = Boolean(position);
    this.#request = request;
    this.#event = (type, envelope, id) => {
      if (type === "behind") return gap?.();
      if (!envelope.topic || !this.#positions.add(id)) return;
      if (this.#resumes) this.#position = id;
      event(type, envelope.data, { topic: envelope.topic, at: Date.parse(envelope.at), id });
    };
    this.#state = (name) => {
      if (element) {
        element.dataset.state = name;
        element.textContent = i18n.state(name);
      }
      state?.(name);
    };
    if (rests) document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    // A page from the back/forward cache has lost its connection.
    addEventListener("pageshow", ({ persisted }) => persisted && this.#connect());
    this.#connect();
  }

  #connect() {
    this.#feed?.close();
    this.#feed = new Feed(new Api(mount, null), this.#position, this.#event, this.#state, {
      query: this.#query,
      request: this.#request,
    });
  }

  #visibilityChanged() {
    clearTimeout(this.#timer);
    if (!document.hidden) {
      if (!this.#feed) this.#connect();
    } else {
      this.#timer = setTimeout(() => {
        this.#feed?.close();
        this.#feed = null;
      }, HIDDEN_MS);
    }
  }
}
