// Who is in the room: beside it where there is space, else a count that unfolds.

import { h } from "../shared/dom.js";
import { hueOf } from "./user-colours.js";

const SPACE = "(min-width: 56rem)";

/** The first letter of a name, in a circle. */
export const avatar = ({ id, name }) =>
  h("span", { class: `avatar ${hueOf(id)}`, "aria-hidden": "true" }, ([...name][0] ?? "?").toUpperCase());

export class People {
  #details;
  #words;

  constructor(details, room, words) {
    this.#details = details;
    this.#words = words;
    const space = matchMedia(SPACE);
    const unfold = () => (details.open = space.matches);
    space.addEventListener("change", unfold);
    unfold();
    room.addEventListener("members", () => this.#show(room));
  }

  #show({ members, count, you }) {
    const [list, rest] = [this.#details.querySelector("ul"), this.#details.querySelector(".rest")];
    this.#details.querySelector("summary span").textContent = this.#words.say("here_count", { n: count });
    const named = [...members.values()].sort((one, other) => one.name.localeCompare(other.name));
    list.replaceChildren(...named.map((member) => this.#row(member, you)));
    rest.hidden = count <= named.length;
    rest.textContent = this.#words.say("here_more", { n: count - named.length });
  }

  #row(member, you) {
    const mine = h("span", { class: "you" }, this.#words.say("you"));
    return h("li", null, avatar(member), h("bdi", null, member.name), member.id === you?.id ? mine : null);
  }
}
