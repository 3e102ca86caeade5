// When toasts are folded into a summary. `notifications/tracking/toast_folding.py` has the same rule for the past,
// tested with the same cases.

export const BATCH_MS = 400; // what comes within it is shown together
export const SUMMARY_MS = 10_000;
const MAX_SEPARATE = 3;
const MAX_RECENT = 6;
const RECENT_MS = 10_000;

export class Folding {
  #recent = [];

  /** Count that so many toasts come at this moment, in ms; whether they are too many to be shown one by one. */
  isExceeded(count, now) {
    this.#recent = [...this.#recent.filter((at) => now - at < RECENT_MS), ...Array(count).fill(now)];
    return count > MAX_SEPARATE || this.#recent.length > MAX_RECENT;
  }
}
