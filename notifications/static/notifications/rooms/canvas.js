// The canvas of a board: strokes in fractions of its width and height, drawn at the screen's own resolution.

const REFERENCE_WIDTH = 1000; // of a canvas on which the width of a stroke is in pixels

export class BoardCanvas {
  #canvas;
  #layer = document.createElement("canvas"); // the room's strokes, drawn once
  #strokes;
  #shade;
  #requested = 0;

  /**
   * `strokes()`: {room, own}: accepted by the room; pending or being drawn. `shade(colour)`: how a
   * stroke's colour looks in the theme of the page.
   */
  constructor(canvas, strokes, shade) {
    this.#canvas = canvas;
    this.#strokes = strokes;
    this.#shade = shade;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    const sizes = new ResizeObserver(([entry]) => this.#fit(entry));
    try {
      sizes.observe(canvas, { box: "device-pixel-content-box" });
    } catch {
      sizes.observe(canvas); // Safari has no device pixels
    }
  }

  /** The position of a pointer on the board: two fractions, with four digits. */
  position({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    const fraction = (length, whole) => Math.round(Math.min(1, Math.max(0, length / whole)) * 10_000) / 10_000;
    return [fraction(clientX - box.left, box.width), fraction(clientY - box.top, box.height)];
  }

  /** The room has another stroke. */
  add(stroke) {
    this.#draw(this.#layer.getContext("2d"), stroke);
    this.show();
  }

  /** The room's strokes are others. */
  redraw() {
    const context = this.#layer.getContext("2d");
    context.clearRect(0, 0, this.#layer.width, this.#layer.height);
    for (const stroke of this.#strokes().room) this.#draw(context, stroke);
    this.show();
  }

  /** Show it in the next frame. */
  show() {
    this.#requested ||= requestAnimationFrame(() => {
      this.#requested = 0;
      const context = this.#canvas.getContext("2d");
      context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
      if (this.#layer.width) context.drawImage(this.#layer, 0, 0);
      for (const stroke of this.#strokes().own) this.#draw(context, stroke);
    });
  }

  #fit({ devicePixelContentBoxSize: exact, contentRect }) {
    const width = exact?.[0].inlineSize ?? Math.round(contentRect.width * devicePixelRatio);
    const height = exact?.[0].blockSize ?? Math.round(contentRect.height * devicePixelRatio);
    if (width === this.#canvas.width && height === this.#canvas.height) return;
    for (const canvas of [this.#canvas, this.#layer]) Object.assign(canvas, { width, height });
    this.redraw();
  }

  #draw(context, { points, colour, width }) {
    const { width: wide, height: high } = this.#canvas;
    const pixels = points.map(([x, y]) => [x * wide, y * high]);
    context.strokeStyle = this.#shade(colour);
    context.lineWidth = Math.max(1, (width * wide) / REFERENCE_WIDTH);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...pixels[0]);
    // Curves through the midpoints, bent at the points: a hand draws no corners.
    for (let i = 1; i < pixels.length - 1; i += 1) {
      const [[x, y], [nextX, nextY]] = [pixels[i], pixels[i + 1]];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...pixels.at(-1));
    context.stroke();
  }
}
