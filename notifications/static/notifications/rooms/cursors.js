// Where the others point, each for a while after it moved.

import { h } from "../shared/dom.js";
import { hueOf } from "./user-colours.js";

const STAYS_MS = 5000;

export class Cursors {
  #layer;
  #shown = new Map(); // by person: {node, timer}

  constructor(layer, room, you) {
    this.#layer = layer;
    room.addEventListener("signal", ({ detail: { name, from, body } }) => {
      if (name === "cursor" && from.id !== you) this.#move(from, body);
    });
  }

  #move({ id, name }, { x, y }) {
    const node = this.#shown.get(id)?.node ?? this.#come(id, name);
    clearTimeout(this.#shown.get(id)?.timer);
    this.#shown.set(id, { node, timer: setTimeout(() => this.#go(id), STAYS_MS) });
    node.style.left = `${x * 100}%`;
    node.style.top = `${y * 100}%`;
    // Near the right edge its name stands on the other side.
    node.classList.toggle("turned", x > 0.85);
  }

  #come(id, name) {
    const node = h("div", { class: `cursor ${hueOf(id)}` }, h("span", { class: "tag" }, h("bdi", null, name)));
    this.#layer.append(node);
    return node;
  }

  #go(id) {
    this.#shown.get(id).node.remove();
    this.#shown.delete(id);
  }
}
