// What the reader does with rows: shown at once, sent to the hub, and to be taken back.

const WAS = { read: "was_read", unread: "was_unread", archive: "was_archived", unarchive: "was_unarchived" };
const BACK = { read: "unread", unread: "read", archive: "unarchive", unarchive: "archive" };
const DOES = {
  read: (row) => row.unread,
  unread: (row) => !row.unread,
  archive: (row) => !row.archived,
  unarchive: (row) => row.archived,
};

export class Deeds {
  #store;
  #undo;
  #notice;
  #words;
  #undone;
  #last = Promise.resolve();

  /** `undone` is told of each deed that the hub refused: its verb, and the row's id. */
  constructor(store, undo, notice, words, undone = () => {}) {
    this.#store = store;
    this.#undo = undo;
    this.#notice = notice;
    this.#words = words;
    this.#undone = undone;
  }

  /** Do it to those rows that it changes, and offer to take it back; `back` is told when that is done. */
  async offer(verb, rows, back = () => {}) {
    const ids = rows.filter(DOES[verb]).map((row) => row.id);
    if (!ids.length) return;
    const done = this.send(verb, ids);
    const said = this.#words.say(WAS[verb], { n: ids.length });
    const withdraw = this.#undo.offer(said, async () => {
      this.send(BACK[verb], await done);
      back();
    });
    if (!(await done).length) withdraw();
  }

  /** Do it; the ids of those for which it was done. */
  send(verb, ids) {
    this.#notice.clear("not_saved");
    const sending = Promise.all(ids.map((id) => this.#one(verb, id)));
    this.#last = Promise.all([this.#last, sending]);
    return sending.then((done) => ids.filter((_, number) => done[number]));
  }

  /** Read all that the hub has, of which these rows are shown. */
  async readAll(rows) {
    const unread = rows.filter(DOES.read);
    this.#notice.clear("not_saved");
    try {
      await this.#store.readAll();
    } catch {
      this.#notice.say("not_saved");
      for (const row of unread) this.#undone("read", row.id);
    }
  }

  /** When all that was begun is done. */
  settled() {
    return this.#last;
  }

  async #one(verb, id) {
    try {
      await this.#store[verb](id);
      return true;
    } catch {
      this.#notice.say("not_saved");
      this.#undone(verb, id);
      return false;
    }
  }
}
