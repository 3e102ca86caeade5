// What the elements of a live topic have in common.

import { HubElement } from "./element.js";

/** Its subclasses also implement `receive(data, event)`, and `reset()` where events are missing. */
export class TopicElement extends HubElement {
  static source = "topic";
  static observedAttributes = ["topic", "lang"];
  #topic = null;

  /** Of the topic's events: see `Hub.topic`. */
  get options() {
    return { history: this.hasAttribute("history") };
  }

  /** The type of the events that are shown. */
  get type() {
    return this.getAttribute("type") ?? "*";
  }

  get label() {
    return this.getAttribute("label") ?? this.getAttribute("topic") ?? "";
  }

  open(name) {
    const topic = (this.#topic = this.hub.topic(name, this.options));
    topic.on(this.type, (data, event) => {
      this.receive(data, event);
      this.schedule();
    });
    topic.on("stream-reset", () => {
      this.reset();
      this.schedule();
    });
    topic.on("error", (error) => {
      this.failed = true;
      this.schedule();
      console.warn(error.message);
    });
    this.opened(topic);
  }

  close() {
    this.#topic?.close();
    this.#topic = null;
  }

  opened() {}

  reset() {}

  empty() {}
}
