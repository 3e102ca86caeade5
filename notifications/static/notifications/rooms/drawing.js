// The user's pointer on a board: the strokes it draws, and where it is.

const MAX_POINTS = 500; // of a stroke; a longer one continues as another
const MIN_DISTANCE = 0.0015; // of the board; a point closer to the last one is dropped

export class Drawing {
  stroke = null; // the one that is being drawn: {points, colour, width}
  #pointer = null;

  /**
   * `on`: `position(event)` is where the pointer is and `tool()` what it draws with, {colour, width}; `drawn(stroke)`
   * and `moved([x, y])` report, `changed()` after the stroke has grown or ended.
   */
  constructor(canvas, on) {
    const down = (event) => {
      if (this.#pointer !== null || !event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      this.#pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      this.stroke = { points: [on.position(event)], ...on.tool() };
      on.changed();
    };
    const move = (event) => {
      on.moved(on.position(event));
      if (event.pointerId !== this.#pointer) return;
      const coalesced = event.getCoalescedEvents?.() ?? [];
      for (const one of coalesced.length ? coalesced : [event]) this.#add(on.position(one), on);
      on.changed();
    };
    const up = (event) => {
      if (event.pointerId !== this.#pointer) return;
      const { stroke } = this;
      this.#pointer = this.stroke = null;
      on.drawn(stroke);
      on.changed();
    };
    canvas.addEventListener("pointerdown", down);
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
  }

  #add(point, on) {
    const { points, colour, width } = this.stroke;
    const [x, y] = points.at(-1);
    if (Math.hypot(point[0] - x, point[1] - y) < MIN_DISTANCE) return;
    points.push(point);
    if (points.length < MAX_POINTS) return;
    on.drawn(this.stroke);
    this.stroke = { points: [point], colour, width };
  }
}
