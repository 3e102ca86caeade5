// The page of an auction: the bids in order, and the user's own.

import { h } from "../shared/dom.js";
import { clock } from "../shared/dates.js";
import { avatar } from "./member-list.js";
import { joinRoom } from "./page.js";

const MAX_BIDS_LISTED = 20;

const $ = (id) => document.getElementById(id);
const { room, i18n } = await joinRoom($("room"));
const currency = new Intl.NumberFormat(i18n.language === "en" ? "en-GB" : i18n.language, {
  style: "currency",
  currency: "EUR",
  numberingSystem: "latn",
});
// Bids are whole cents; people read and write euros.
const money = (cents) => currency.format(cents / 100);

let highest = 0;

room.addEventListener("said", ({ detail: { from, body, at } }) => {
  highest = Math.max(highest, body.bid);
  $("highest").replaceChildren(h("b", null, money(highest)), h("span", null, " · ", h("bdi", null, from.name)));
  $("bid").elements.bid.min = (highest + 1) / 100;
  $("answer").textContent = from.id === room.you.id ? i18n.text("bid_leads") : "";
  const time = h("time", { datetime: at }, clock(new Date(at), i18n));
  const row = h("li", null, avatar(from), h("bdi", null, from.name), h("b", null, money(body.bid)), time);
  $("bids").prepend(row);
  while ($("bids").childElementCount > MAX_BIDS_LISTED) $("bids").lastElementChild.remove();
});

room.addEventListener("mine", ({ detail: pending }) => {
  if (pending.some(({ refused }) => !refused)) $("answer").textContent = i18n.text("bid_pending");
});

room.addEventListener("refused", ({ detail: { id, reason, detail } }) => {
  room.discard(id);
  const why = reason === "too-low" ? i18n.text("bid_too_low", { highest: money(highest) }) : detail;
  $("answer").textContent = i18n.text("bid_refused", { detail: why });
});

$("bid").addEventListener("submit", (event) => {
  event.preventDefault();
  const { bid } = $("bid").elements;
  room.say({ bid: Math.round(Number(bid.value) * 100) });
  bid.value = "";
  bid.focus();
});
