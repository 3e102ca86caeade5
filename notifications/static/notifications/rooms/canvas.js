// The board's surface: strokes in parts of its width and height, drawn as finely as the screen can.

const WIDE = 1000; // of a surface so wide, a stroke's width is in its pixels

// What the palette's colours are on a dark board; a stroke bears the one for a light board.
const DARK = {
  "#1a2030": "#e8ebf2",
  "#3552c4": "#8fa6ff",
  "#12703f": "#5fcf94",
  "#c27a00": "#f2b84b",
  "#bf2525": "#ff8079",
  "#8a35b5": "#d59bf2",
};

export class Surface {
  #canvas;
  #layer = document.createElement("canvas"); // what is said, drawn once
  #strokes;
  #dark = matchMedia("(prefers-color-scheme: dark)");
  #asked = 0;

  /** `strokes()`: {said, own}: those of the room, and ours that are not said yet or still being drawn. */
  constructor(canvas, strokes) {
    this.#canvas = canvas;
    this.#strokes = strokes;
    this.#dark.addEventListener("change", () => this.redraw());
    const sizes = new ResizeObserver(([entry]) => this.#fit(entry));
    try {
      sizes.observe(canvas, { box: "device-pixel-content-box" });
    } catch {
      sizes.observe(canvas); // Safari does not count in the screen's own pixels
    }
  }

  /** Where on the board a pointer is: two parts of one, with four digits. */
  at({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    const part = (length, whole) => Math.round(Math.min(1, Math.max(0, length / whole)) * 10_000) / 10_000;
    return [part(clientX - box.left, box.width), part(clientY - box.top, box.height)];
  }

  /** Another stroke was said. */
  add(stroke) {
    this.#draw(this.#layer.getContext("2d"), stroke);
    this.show();
  }

  /** All of what is said is different. */
  redraw() {
    const pen = this.#layer.getContext("2d");
    pen.clearRect(0, 0, this.#layer.width, this.#layer.height);
    for (const stroke of this.#strokes().said) this.#draw(pen, stroke);
    this.show();
  }

  /** Show it in the next frame. */
  show() {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      const pen = this.#canvas.getContext("2d");
      pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
      if (this.#layer.width) pen.drawImage(this.#layer, 0, 0);
      for (const stroke of this.#strokes().own) this.#draw(pen, stroke);
    });
  }

  #fit({ devicePixelContentBoxSize: exact, contentRect }) {
    const wide = exact?.[0].inlineSize ?? Math.round(contentRect.width * devicePixelRatio);
    const high = exact?.[0].blockSize ?? Math.round(contentRect.height * devicePixelRatio);
    if (wide === this.#canvas.width && high === this.#canvas.height) return;
    for (const canvas of [this.#canvas, this.#layer]) [canvas.width, canvas.height] = [wide, high];
    this.redraw();
  }

  #draw(pen, { points, colour, width }) {
    const { width: wide, height: high } = this.#canvas;
    const on = points.map(([x, y]) => [x * wide, y * high]);
    pen.strokeStyle = (this.#dark.matches && DARK[colour.toLowerCase()]) || colour;
    pen.lineWidth = Math.max(1, (width * wide) / WIDE);
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...on[0]);
    // Through the middles, bent at the points: a hand draws no corners.
    for (let i = 1; i < on.length - 1; i += 1) {
      pen.quadraticCurveTo(...on[i], (on[i][0] + on[i + 1][0]) / 2, (on[i][1] + on[i + 1][1]) / 2);
    }
    pen.lineTo(...on.at(-1));
    pen.stroke();
  }
}
