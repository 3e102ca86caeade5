// Which part of the inbox is shown, as the page's address says it; `notifications/inbox/filters.py` says the same.

const FILTERS = ["all", "unread", "archived"];

export class View {
  constructor({ filter = "all", category = "", q = "", before = "" } = {}) {
    this.filter = FILTERS.includes(filter) ? filter : "all";
    this.category = category;
    this.q = q;
    this.before = before;
  }

  static of(search) {
    return new View(Object.fromEntries(new URLSearchParams(search)));
  }

  with(changes) {
    return new View({ ...this, ...changes });
  }

  get url() {
    const plain = new View();
    const said = Object.entries(this).filter(([name, value]) => value !== plain[name]);
    return said.length ? `/?${new URLSearchParams(said)}` : "/";
  }

  /** The word for a view in which nothing lies. */
  get empty() {
    if (this.q || this.category) return "nothing_found";
    return this.filter === "all" ? "all_quiet" : `nothing_${this.filter}`;
  }

  /** Whether a row that the hub found here is still to be seen. */
  holds({ unread, archived }) {
    return archived === (this.filter === "archived") && (this.filter !== "unread" || unread);
  }

  /** Whether a row that has just come is to be seen. */
  takes(row) {
    if (!this.holds(row) || this.filter === "archived" || this.before) return false;
    if (this.category && row.category !== this.category) return false;
    return `${row.title}\n${row.body}`.toLowerCase().includes(this.q.toLowerCase());
  }
}
