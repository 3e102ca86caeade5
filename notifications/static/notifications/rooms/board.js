// A board: what is drawn here goes to the room, and what the room says is drawn here.

import { Cursors } from "./cursors.js";
import { Pencil } from "./drawing.js";
import { enter } from "./page.js";
import { Surface } from "./canvas.js";

const $ = (id) => document.getElementById(id);
const page = $("room");
const { room, words } = await enter(page);
const tools = $("tools").elements;

let said = []; // strokes, since the board was last cleared
const pending = () => room.mine.filter(({ body, refused }) => !refused && body.points).map(({ body }) => body);
const own = () => (pencil.stroke ? [...pending(), pencil.stroke] : pending());

const pencil = new Pencil($("canvas"), {
  at: (event) => surface.at(event),
  tool: () => ({ colour: tools.colour.value, width: Number(tools.width.value) }),
  drawn: (stroke) => room.say(stroke),
  moved: ([x, y]) => room.signal("cursor", { x, y }),
  changed: () => surface.show(),
});
const surface = new Surface($("canvas"), () => ({ said, own: own() }));
new Cursors($("cursors"), room, page.dataset.user);

function describe() {
  const n = said.length;
  $("canvas").setAttribute("aria-label", n ? words.say("board_is", { n }) : words.say("board_empty"));
  $("canvas").dataset.strokes = n;
  $("clear").disabled = n === 0;
}

room.addEventListener("said", ({ detail: { body } }) => {
  if (body.clear) {
    said = [];
    surface.redraw();
  } else {
    said.push(body);
    surface.add(body);
  }
  describe();
});
room.addEventListener("mine", () => surface.show());
room.addEventListener("refused", ({ detail }) => {
  $("notice").textContent = words.say("not_drawn", { detail: detail.detail });
  room.discard(detail.id);
});
// Of a board with holes nothing is right: it is asked for whole.
room.addEventListener("reset", ({ detail }) => {
  if (!detail.resumed) return;
  said = [];
  surface.redraw();
  describe();
  room.enterAnew();
});

$("tools").addEventListener("submit", (event) => event.preventDefault());
$("clear").addEventListener("click", () => $("sure").showModal());
$("sure").addEventListener("close", () => {
  if ($("sure").returnValue === "clear") room.say({ clear: true });
  $("sure").returnValue = "";
});

describe();
surface.show();
