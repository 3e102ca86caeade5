// Where the other members of a board point, each for a while after it moved.

import { h } from "../shared/dom.js";
import { colourClass } from "./user-colours.js";

const EXPIRY_MS = 5000;

export class Cursors {
  #layer;
  #cursors = new Map(); // by user: {node, timer}

  /** `user`: the id of the viewer, whose own cursor is not shown. */
  constructor(layer, room, user) {
    this.#layer = layer;
    room.addEventListener("signal", ({ detail: { name, from, body } }) => {
      if (name === "cursor" && from.id !== user) this.#move(from, body);
    });
  }

  #move({ id, name }, { x, y }) {
    const node = this.#cursors.get(id)?.node ?? this.#add(id, name);
    clearTimeout(this.#cursors.get(id)?.timer);
    this.#cursors.set(id, { node, timer: setTimeout(() => this.#remove(id), EXPIRY_MS) });
    node.style.left = `${x * 100}%`;
    node.style.top = `${y * 100}%`;
    // Near the right edge its name stands on the other side.
    node.classList.toggle("turned", x > 0.85);
  }

  #add(id, name) {
    const node = h("div", { class: `cursor ${colourClass(id)}` }, h("span", { class: "tag" }, h("bdi", null, name)));
    this.#layer.append(node);
    return node;
  }

  #remove(id) {
    this.#cursors.get(id).node.remove();
    this.#cursors.delete(id);
  }
}
