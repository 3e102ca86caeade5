// What the instances report: the last report of each, and its numbers of the last two minutes.

export const SPAN_MS = 120_000;
export const SILENT_MS = 7000;
const FORGOTTEN_MS = 60_000;

/** Times are the hub's, in ms; `performance.now()` measures how long ago the newest report came. */
export class Instances {
  #instances = new Map(); // by name: {report, at, hue, points: [{at, report}]}
  #newest = 0;
  #since = 0;
  #frozen = true;
  #hues = 0;

  add(report, at) {
    const name = report.instance;
    if (!this.#instances.has(name)) this.#instances.set(name, { points: [], hue: this.#hues++ % 8 });
    const instance = this.#instances.get(name);
    if (at < (instance.at ?? 0)) return;
    Object.assign(instance, { report, at });
    instance.points.push({ at, report });
    while (instance.points[0].at < at - SPAN_MS - 5000) instance.points.shift();
    if (at > this.#newest) {
      this.#newest = at;
      this.#since = performance.now();
    }
  }

  /** While this page is not connected, no instance is silent: the time stands still. */
  setConnected(connected) {
    if (connected === !this.#frozen) return;
    if (!connected) this.#newest = this.now;
    this.#frozen = !connected;
    this.#since = performance.now();
  }

  get now() {
    return this.#frozen || !this.#newest ? this.#newest : this.#newest + performance.now() - this.#since;
  }

  /** The instances of the last minute, by name: {name, hue, state, at, …the report}. */
  get all() {
    const now = this.now;
    for (const [name, { at }] of this.#instances) if (at < now - FORGOTTEN_MS) this.#instances.delete(name);
    const all = [...this.#instances].map(([name, { report, at, hue }]) => ({
      ...report,
      name,
      hue,
      at,
      state: at < now - SILENT_MS ? "silent" : report.draining ? "draining" : report.hearing ? "live" : "deaf",
    }));
    return all.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /** For each instance a line of a chart: {name, hue, points: [[at, value], …]}. */
  lines(value) {
    return [...this.#instances].map(([name, { hue, points }]) => ({
      name,
      hue,
      points: points.map(({ at, report }) => [at, value(report)]),
    }));
  }
}

export const sum = (instances, value) => instances.reduce((total, one) => total + value(one), 0);

export const worst = (instances, value) => Math.max(0, ...instances.map(value));

export const TAGS = { live: "good", draining: "warn", deaf: "bad", silent: "bad" };
