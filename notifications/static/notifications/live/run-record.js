// What a run has brought so far, in the order in which it came.

/** Its `blocks` are {kind: "text", text}, {kind: "phase", name}, {kind: "tool", …data} and {kind: "artifact", data}. */
export class RunRecord {
  blocks = [];
  state = "connecting"; // or "running", "done", "failed", "stopped", "lost"
  detail = ""; // of a failure; who stopped it
  #resets = false; // the next token has all of the text

  get text() {
    return this.blocks.map(({ text, kind }) => (kind === "text" ? text : "")).join("");
  }

  /** The name of the phase that it is in; "" once it is over. */
  get phase() {
    return this.state === "running" ? (this.blocks.findLast(({ kind }) => kind === "phase")?.name ?? "") : "";
  }

  receive(type, data) {
    if (type === "begin") return void (this.blocks = []);
    if (type === "reset") return void (this.#resets = true);
    if (this.state === "connecting") this.state = "running";
    switch (type) {
      case "token":
        return this.#append(String(data?.text ?? ""));
      case "phase":
        return void this.blocks.push({ kind: "phase", name: named(data) });
      case "tool":
        return this.#tool(data);
      case "artifact":
        return void this.blocks.push({ kind: "artifact", data });
      case "done":
        this.state = "done";
        break;
      case "error":
        [this.state, this.detail] = ["failed", String(data?.detail ?? "")];
        break;
      case "stopped":
        [this.state, this.detail] = ["stopped", String(data?.by ?? "")];
        break;
      case "lost":
        this.state = "lost";
    }
  }

  /** Live, though nothing has come yet. */
  setLive() {
    if (this.state === "connecting") this.state = "running";
  }

  #append(text) {
    if (this.#resets) this.blocks = this.blocks.filter(({ kind }) => kind !== "text");
    this.#resets = false;
    const last = this.blocks.at(-1);
    if (last?.kind === "text") last.text += text;
    else this.blocks.push({ kind: "text", text });
  }

  /** A call of the same `id` again is the same call, further on. */
  #tool(data) {
    const block = { kind: "tool", name: named(data), id: data?.id ?? null, data };
    const at = block.id === null ? -1 : this.blocks.findIndex(({ kind, id }) => kind === "tool" && id === block.id);
    if (at < 0) this.blocks.push(block);
    else this.blocks[at] = { ...block, data: { ...this.blocks[at].data, ...data } };
  }
}

const named = (data) => (typeof data === "string" ? data : String(data?.name ?? ""));
