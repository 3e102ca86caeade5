// How many are in each room now.

import { SILENT_MS } from "./instances.js";
import { Live } from "./live.js";
import { count, textsOf, write } from "./text.js";

const page = document.getElementById("rooms");
const words = textsOf();
const told = new Map(); // by instance: {rooms, at}

function show() {
  for (const row of page.querySelectorAll("[data-room]")) {
    const here = [...told.values()].map(({ rooms }) => rooms[row.dataset.room]).filter(Boolean);
    write(row.querySelector(".people"), count(Math.max(0, ...here.map(({ people }) => people))));
    write(row.querySelector(".connections"), count(here.reduce((total, one) => total + one.connections, 0)));
  }
}

new Live(page.dataset.query, {
  element: document.getElementById("state"),
  words,
  hear: (type, { instance, rooms }, { at }) => {
    if (type !== "rooms") return;
    told.set(instance, { rooms, at });
    for (const [name, one] of told) if (at - one.at > SILENT_MS) told.delete(name);
    show();
  },
});
