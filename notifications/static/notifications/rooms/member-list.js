// The members of a room: a list next to it where there is space, else a count that unfolds.

import { h } from "../shared/dom.js";
import { colourClass } from "./user-colours.js";

const WIDE = "(min-width: 56rem)";

/** The first letter of a name, in a circle. */
export const avatar = ({ id, name }) =>
  h("span", { class: `avatar ${colourClass(id)}`, "aria-hidden": "true" }, ([...name][0] ?? "?").toUpperCase());

export class MemberList {
  #details;
  #i18n;

  constructor(details, room, i18n) {
    this.#details = details;
    this.#i18n = i18n;
    const wide = matchMedia(WIDE);
    const unfold = () => (details.open = wide.matches);
    wide.addEventListener("change", unfold);
    unfold();
    room.addEventListener("members", () => this.#show(room));
  }

  #show({ members, count, you }) {
    const [list, rest] = [this.#details.querySelector("ul"), this.#details.querySelector(".rest")];
    this.#details.querySelector("summary span").textContent = this.#i18n.text("here_count", { n: count });
    const named = [...members.values()].sort((one, other) => one.name.localeCompare(other.name));
    list.replaceChildren(...named.map((member) => this.#draw(member, you)));
    rest.hidden = count <= named.length;
    rest.textContent = this.#i18n.text("here_more", { n: count - named.length });
  }

  #draw(member, you) {
    const mark = h("span", { class: "you" }, this.#i18n.text("you"));
    return h("li", null, avatar(member), h("bdi", null, member.name), member.id === you?.id ? mark : null);
  }
}
