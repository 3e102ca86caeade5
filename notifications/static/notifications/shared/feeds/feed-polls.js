// The polled source of a feed: it brings what a stream does not that fails again and again.

import { ENDED } from "./feed-reader.js";
import { Fallback } from "./fallback.js";
import { LongPoll } from "./long-poll.js";

const SOON_MS = 12_000; // in which the stream is refused, or there is a new session

export class FeedPolls {
  works = false; // they are answered, and bring what a torn stream does not
  #reader;
  #fallback;
  #feed;
  #query = null; // of the last one that was answered

  /**
   * `feed` has `request`, as for `Feed`, `isPolled()`, whether it is the time for polls, `isOpen()`, whether its stream
   * is, `settled(error)`, as for `Fallback`, `failed()` when no poll is answered any more, and `ended()`.
   */
  constructor(reader, feed) {
    this.#reader = reader;
    this.#feed = feed;
    const polls = new LongPoll((waitS, signal) => this.#poll(waitS, signal));
    const poll = (signal) => {
      const answer = feed.isPolled() ? polls.poll(signal) : null;
      if (answer) answer.catch(() => this.#fail());
      else this.#fail();
      return answer;
    };
    this.#fallback = new Fallback(feed.request, poll, feed.settled);
  }

  start() {
    this.#fallback.start();
  }

  stop() {
    this.works = false;
    this.#fallback.stop();
  }

  wake() {
    this.#fallback.wake();
  }

  /** One poll; resolves to the ms until the next. */
  async #poll(waitS, signal) {
    let ms = 0;
    const { query, position, acknowledgements } = this.#reader;
    // Topics that are new to it have last events, which are older than its position.
    const latest = position && this.#query !== query ? "latest=1&" : "";
    await this.#reader.read(`${latest}wait=${waitS}`, signal, {
      event: (type, data, ...event) => {
        if (signal.aborted) return;
        // A stream that is open has to be acknowledged with its own.
        if (type === "stream-open" && !this.#feed.isOpen()) acknowledgements.open(data.ack ?? "");
        ms = this.#reader.handle(type, data, ...event) ?? ms;
      },
    });
    this.works = !signal.aborted;
    this.#query = query;
    if (ms !== ENDED) return ms;
    this.#feed.ended();
    return SOON_MS;
  }

  #fail() {
    this.works = false;
    this.#feed.failed();
  }
}
