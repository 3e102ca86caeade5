// An auction: the bids as they fell, and one's own.

import { h } from "../shared/dom.js";
import { avatar } from "./member-list.js";
import { enter } from "./page.js";
import { clock } from "../shared/dates.js";

const $ = (id) => document.getElementById(id);
const { room, words } = await enter($("room"));
const cents = (n) => words.say("cents", { n: n.toLocaleString("en-GB") });
const MOST = 20;

let highest = 0;

room.addEventListener("said", ({ detail: { from, body, at } }) => {
  highest = Math.max(highest, body.bid);
  $("highest").replaceChildren(h("b", null, cents(highest)), h("span", null, " · ", h("bdi", null, from.name)));
  $("bid").elements.bid.min = highest + 1;
  $("answer").textContent = from.id === room.you.id ? words.say("bid_leads") : "";
  const time = h("time", { datetime: at }, clock(new Date(at), words));
  const row = h("li", null, avatar(from), h("bdi", null, from.name), h("b", null, cents(body.bid)), time);
  $("bids").prepend(row);
  while ($("bids").childElementCount > MOST) $("bids").lastElementChild.remove();
});

room.addEventListener("mine", ({ detail }) => {
  if (detail.some((line) => !line.refused)) $("answer").textContent = words.say("bid_pending");
});

room.addEventListener("refused", ({ detail: { id, detail } }) => {
  room.discard(id);
  $("answer").textContent = words.say("bid_refused", { detail });
});

$("bid").addEventListener("submit", (event) => {
  event.preventDefault();
  const { bid } = $("bid").elements;
  room.say({ bid: Number(bid.value) });
  bid.value = "";
  bid.focus();
});
