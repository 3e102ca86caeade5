// The page of a board: what is drawn goes to the room, and the room's strokes are drawn.

import { BoardCanvas } from "./canvas.js";
import { Cursors } from "./cursors.js";
import { Drawing } from "./drawing.js";
import { joinRoom } from "./page.js";

const $ = (id) => document.getElementById(id);
const page = $("room");
const { room, i18n } = await joinRoom(page);
const tools = $("tools").elements;

let strokes = []; // since the board was last cleared
const pending = () => room.mine.filter(({ body, refused }) => !refused && body.points).map(({ body }) => body);
const own = () => (drawing.stroke ? [...pending(), drawing.stroke] : pending());

/** A stroke has the palette's colour for a light board; the style sheet says how that looks. */
function shade(colour) {
  const swatch = [...tools.colour].find(({ value }) => value === colour.toLowerCase());
  return swatch ? getComputedStyle(swatch.parentElement).color : colour;
}

const drawing = new Drawing($("canvas"), {
  position: (event) => canvas.position(event),
  tool: () => ({ colour: tools.colour.value, width: Number(tools.width.value) }),
  drawn: (stroke) => room.say(stroke),
  moved: ([x, y]) => room.signal("cursor", { x, y }),
  changed: () => canvas.show(),
});
const canvas = new BoardCanvas($("canvas"), () => ({ room: strokes, own: own() }), shade);
new Cursors($("cursors"), room, page.dataset.user);

function describe() {
  const n = strokes.length;
  $("canvas").setAttribute("aria-label", n ? i18n.text("board_is", { n }) : i18n.text("board_empty"));
  $("canvas").dataset.strokes = n;
  $("clear").disabled = n === 0;
}

room.addEventListener("said", ({ detail: { body } }) => {
  if (body.clear) {
    strokes = [];
    canvas.redraw();
  } else {
    strokes.push(body);
    canvas.add(body);
  }
  describe();
});
room.addEventListener("mine", () => canvas.show());
room.addEventListener("refused", ({ detail }) => {
  $("notice").textContent = i18n.text("not_drawn", { detail: detail.detail });
  room.discard(detail.id);
});
// A board with missing strokes is wrong: load it from the start.
room.addEventListener("reset", ({ detail }) => {
  if (!detail.resumed) return;
  strokes = [];
  canvas.redraw();
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
canvas.show();
