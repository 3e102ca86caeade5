// What is known of the instances: each one's last word, and the last two minutes of its numbers.

export const SPAN_MS = 120_000;
export const SILENT_MS = 7000;
const GONE_MS = 60_000;

/** Moments are the hub's, in ms; `performance.now()` tells how much time has passed here since the last. */
export class Instances {
  #known = new Map(); // by name: {told, at, hue, points: [{at, …}]}
  #newest = 0;
  #since = 0;
  #frozen = true;
  #hues = 0;

  hear(told, at) {
    const name = told.instance;
    if (!this.#known.has(name)) this.#known.set(name, { points: [], hue: this.#hues++ % 8 });
    const one = this.#known.get(name);
    if (at < (one.at ?? 0)) return;
    Object.assign(one, { told, at });
    one.points.push({ at, told });
    while (one.points[0].at < at - SPAN_MS - 5000) one.points.shift();
    if (at > this.#newest) {
      this.#newest = at;
      this.#since = performance.now();
    }
  }

  /** While we hear nothing ourselves, nobody is silent: time stands still. */
  listen(live) {
    if (live === !this.#frozen) return;
    if (!live) this.#newest = this.now;
    this.#frozen = !live;
    this.#since = performance.now();
  }

  get now() {
    return this.#frozen || !this.#newest ? this.#newest : this.#newest + performance.now() - this.#since;
  }

  /** Those of the last minute, by name: {name, hue, state, at, …what it told}. */
  get all() {
    const now = this.now;
    for (const [name, { at }] of this.#known) if (at < now - GONE_MS) this.#known.delete(name);
    const all = [...this.#known].map(([name, { told, at, hue }]) => ({
      ...told,
      name,
      hue,
      at,
      state: at < now - SILENT_MS ? "silent" : told.draining ? "draining" : told.hearing ? "live" : "deaf",
    }));
    return all.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /** Of each instance a line of a chart: {name, hue, points: [[at, value], …]}. */
  lines(value) {
    return [...this.#known].map(([name, { hue, points }]) => ({
      name,
      hue,
      points: points.map(({ at, told }) => [at, value(told)]),
    }));
  }
}

export const sum = (instances, value) => instances.reduce((total, one) => total + value(one), 0);

export const worst = (instances, value) => Math.max(0, ...instances.map(value));

export const TAGS = { live: "good", draining: "warn", deaf: "bad", silent: "bad" };
