// The list of rooms, with the members and connections of each.

import { LiveFeed } from "./live.js";
import { Reports } from "./reports.js";
import { number, setText, translatorFromPage } from "./text.js";

const page = document.getElementById("rooms");
const reports = new Reports();

function show() {
  for (const row of page.querySelectorAll("[data-room]")) {
    const here = reports.all.map(({ rooms }) => rooms[row.dataset.room]).filter(Boolean);
    setText(row.querySelector(".people"), number(Math.max(0, ...here.map(({ people }) => people))));
    setText(row.querySelector(".connections"), number(here.reduce((total, one) => total + one.connections, 0)));
  }
}

new LiveFeed(page.dataset.query, {
  element: document.getElementById("state"),
  i18n: translatorFromPage(),
  event: (type, { instance, rooms }, { at }) => {
    if (type !== "rooms") return;
    reports.add(instance, { rooms }, at);
    show();
  },
});
