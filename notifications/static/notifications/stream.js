// The feed's connection: a plain EventSource that never gives up, and one word for how it stands.

import { Refused, api } from "./api.js";

const FIRST_MS = 2000;
const CAP_MS = 30_000;

export class Stream {
  #position;
  #handlers;
  #say;
  #source = null;
  #failures = 0;
  #timer = 0;

  /**
   * Listen from a position ("" means from now). `handlers` are functions of an event's data, by its
   * type; `say` is told "live", "reconnecting", "offline", "degraded" or "signed out".
   */
  constructor(position, handlers, say) {
    this.#position = position;
    this.#handlers = handlers;
    this.#say = say;
    addEventListener("online", () => this.#connect());
    addEventListener("offline", () => this.#say("offline"));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#source?.readyState !== EventSource.OPEN) this.#connect();
    });
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource(this.#position ? `/feed/?last_event_id=${this.#position}` : "/feed/");
    this.#source = source;
    source.addEventListener("error", () => {
      this.#lost();
      // On any status but 200 the browser gives up for ever.
      if (source.readyState === EventSource.CLOSED) this.#comeBack();
    });
    this.#on("stream-live", () => {
      this.#failures = 0;
      this.#say("live");
    });
    this.#on("stream-degraded", () => this.#say("degraded"));
    this.#on("stream-error", () => {
      this.#lost();
      this.#comeBack();
    });
    this.#on("retire", ({ retry }) => {
      this.#source.close();
      this.#lost();
      this.#timer = setTimeout(() => this.#connect(), retry);
    });
    for (const [type, handle] of Object.entries(this.#handlers)) this.#on(type, handle);
  }

  #on(type, handle) {
    this.#source.addEventListener(type, (event) => {
      this.#position = event.lastEventId || this.#position;
      handle(JSON.parse(event.data));
    });
  }

  #lost() {
    this.#say(navigator.onLine ? "reconnecting" : "offline");
  }

  #comeBack() {
    this.#source.close();
    const wait = Math.random() * Math.min(CAP_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(async () => {
      // An EventSource cannot tell that it was refused for want of a session.
      if (await signedOut()) this.#say("signed out");
      else if (this.#source.readyState === EventSource.CLOSED) this.#connect();
    }, wait);
  }
}

async function signedOut() {
  try {
    await api("GET", "notifications/count");
    return false;
  } catch (error) {
    return error instanceof Refused && error.status === 401;
  }
}
