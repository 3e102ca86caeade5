// The head of the inbox page: unread count and connection state, as the hub reports them, never computed here.

import { showState } from "../shared/connection-state.js";

const $ = (id) => document.getElementById(id);

export class InboxHeader {
  #i18n;

  constructor(i18n) {
    this.#i18n = i18n;
  }

  showCount({ unread }) {
    $("heading").setAttribute("aria-label", this.#i18n.text("inbox_unread", { n: unread }));
    $("count").textContent = unread;
    $("count").hidden = unread === 0;
    $("read-all").querySelector("button").disabled = unread === 0;
    const inbox = this.#i18n.text("inbox");
    document.title = unread ? `(${unread}) ${inbox}` : inbox;
  }

  showState(state) {
    showState($("state"), state, this.#i18n);
    $("sign-in").hidden = state !== "signed out";
  }
}
