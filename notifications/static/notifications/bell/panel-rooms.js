// The rooms with unread messages, above the notifications of the panel.

import { h } from "../shared/dom.js";

export class PanelRooms {
  node = h("ul", { class: "rooms", role: "list", hidden: true });
  #store;
  #i18n;
  #unread = new Map(); // by name

  /** Shown for as long as `signal` is not aborted. */
  constructor(store, i18n, signal) {
    this.#store = store;
    this.#i18n = i18n;
    store.addEventListener("room-unread", ({ detail }) => this.#update(detail), { signal });
    this.#load();
  }

  async #load() {
    const { rooms } = await this.#store.request("GET", "rooms").catch(() => ({ rooms: [] }));
    // What came meanwhile is newer.
    this.#update(rooms.map(({ name, unread }) => ({ room: name, unread: this.#unread.get(name) ?? unread })));
  }

  #update(rooms) {
    for (const { room, unread } of rooms) this.#unread.set(room, unread);
    const unread = [...this.#unread].filter(([, n]) => n);
    this.node.hidden = !unread.length;
    const draw = ([name, n]) => {
      const href = `${this.#store.origin}/rooms/${name}/`;
      return h("li", null, h("a", { href }, this.#i18n.text("new_in_room", { n, name })));
    };
    this.node.replaceChildren(...unread.map(draw));
  }
}
