// A pointer on the board: what it draws, piece by piece, and where it is.

const MOST_POINTS = 500; // of a stroke; a longer one goes on as another
const NEAR = 0.0015; // a point so near to the last one says nothing

export class Pencil {
  stroke = null; // that is being drawn: {points, colour, width}
  #pointer = null;

  /**
   * `on`: `at(event)` says where the pointer is; `tool()` with what it draws, {colour, width}; `drawn(stroke)` and
   * `moved([x, y])` are told; `changed()` after the stroke has grown or ended.
   */
  constructor(canvas, on) {
    const down = (event) => {
      if (this.#pointer !== null || !event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      this.#pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      this.stroke = { points: [on.at(event)], ...on.tool() };
      on.changed();
    };
    const move = (event) => {
      on.moved(on.at(event));
      if (event.pointerId !== this.#pointer) return;
      const coalesced = event.getCoalescedEvents?.() ?? [];
      for (const one of coalesced.length ? coalesced : [event]) this.#add(on.at(one), on);
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
    if (Math.hypot(point[0] - x, point[1] - y) < NEAR) return;
    points.push(point);
    if (points.length < MOST_POINTS) return;
    on.drawn(this.stroke);
    this.stroke = { points: [point], colour, width };
  }
}
