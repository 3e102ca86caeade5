// The positions of the latest events, so that one that comes twice counts once.

const MAX_POSITIONS = 2000;

export class PositionSet {
  #positions = new Set();

  /** Whether it was not there yet. */
  add(position) {
    if (this.#positions.has(position)) return false;
    this.#positions.add(position);
    if (this.#positions.size > MAX_POSITIONS) this.#positions.delete(this.#positions.values().next().value);
    return true;
  }
}
