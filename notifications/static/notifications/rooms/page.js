// What the page of every room has: the room, how the connection stands, and who is here.

import { People } from "./member-list.js";
import { Room } from "../room.js";
import { wordsFor } from "../shared/i18n.js";

const STOPPED = { 4401: "room_signed_out", 4403: "room_forbidden", 4404: "room_gone" };

/** Enter the room that the page is for. */
export async function enter(page) {
  const words = await wordsFor(page);
  const { name, user } = page.dataset;
  const room = new Room(name, { user });
  const [state, signIn, notice] = ["state", "sign-in", "notice"].map((id) => document.getElementById(id));
  const show = (code) => {
    state.textContent = words.say(`state_${room.state}`);
    state.dataset.state = room.state;
    const stopped = room.state === "stopped";
    signIn.hidden = !stopped || code !== 4401;
    notice.textContent = stopped ? words.say(STOPPED[code] ?? "room_broken") : "";
  };
  room.addEventListener("state", ({ detail }) => show(detail.code));
  show();
  new People(document.getElementById("people"), room, words);
  return { room, words };
}
