// What every room's page has: the room, the state of its connection, and the list of members.

import { Room } from "../room.js";
import { translatorFor } from "../shared/i18n.js";
import { MemberList } from "./member-list.js";
import { mount } from "../shared/mount.js";

const STOPPED = { 4401: "room_signed_out", 4403: "room_forbidden", 4404: "room_gone" };

/** Join the room of the page. */
export async function joinRoom(page) {
  const i18n = await translatorFor(page);
  const { name, user } = page.dataset;
  const room = new Room(name, { origin: location.origin + mount, user });
  const [state, signIn, notice] = ["state", "sign-in", "notice"].map((id) => document.getElementById(id));
  const show = (code) => {
    state.textContent = i18n.text(`state_${room.state}`);
    state.dataset.state = room.state;
    const stopped = room.state === "stopped";
    signIn.hidden = !stopped || code !== 4401;
    notice.textContent = stopped ? i18n.text(STOPPED[code] ?? "room_broken") : "";
  };
  room.addEventListener("state", ({ detail }) => show(detail.code));
  show();
  new MemberList(document.getElementById("people"), room, i18n);
  return { room, i18n };
}
