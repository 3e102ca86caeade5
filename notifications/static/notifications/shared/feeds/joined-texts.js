// Where two sources of a feed overlap: texts that a policy has joined are joined at other places by each of them.

const MAX_TOPICS = 1000; // with more the oldest are given up

/** Whether events with such data are joined by a policy that coalesces so. */
export const isText = (data) => typeof data === "string" || (typeof data?.text === "string" && Object.keys(data).length === 1);

/** The last text that was handed on of each topic, whichever source brought it. */
export class JoinedTexts {
  #ids = new Map(); // by topic

  /**
   * Whether an event may have parts that were handed on, along with newer ones. Its source brings all in order and had
   * reached `after`, so its parts are newer than that, and had it not joined them, the last text would have come by itself.
   */
  overlaps({ topic, data }, id, after) {
    const last = this.#ids.get(topic);
    return last > after && last < Number(id) && isText(data);
  }

  add({ topic, data }, id) {
    if (!topic || !isText(data) || Number(id) <= this.#ids.get(topic)) return;
    this.#ids.delete(topic); // to be the newest
    this.#ids.set(topic, Number(id));
    if (this.#ids.size > MAX_TOPICS) this.#ids.delete(this.#ids.keys().next().value);
  }

  /** The positions of another log are others. */
  clear() {
    this.#ids.clear();
  }
}
