// The latest events of live topics, for tabs that join them later: of each key the last one.

const MAX_KEYS = 1000; // of a topic; with more the oldest are given up

export class LatestValues {
  #topics = new Map(); // by topic and key: [type, data, id]

  add(type, data, id) {
    if (data.key === undefined) return;
    if (!this.#topics.has(data.topic)) this.#topics.set(data.topic, new Map());
    const values = this.#topics.get(data.topic);
    const before = values.get(data.key);
    if (before && Number(before[2]) > Number(id)) return;
    values.delete(data.key); // to be the newest
    values.set(data.key, [type, data, id]);
    if (values.size > MAX_KEYS) values.delete(values.keys().next().value);
  }

  /** Those of these topics, as arguments of `add`. */
  of(topics) {
    return topics.flatMap((topic) => [...(this.#topics.get(topic)?.values() ?? [])]);
  }

  /** Forget other topics. */
  keep(topics) {
    for (const topic of this.#topics.keys()) if (!topics.includes(topic)) this.#topics.delete(topic);
  }
}
