// What comes over the stream, block by block as server-sent events are written; a bounded number of the newest.

const MAX_BLOCKS = 200;
const MAX_CHARACTERS = 600; // of a block
const RATE_MS = 1000;

/** Events: "opened" ({instance, resumed}), "live", and "blocks" (how many came). */
export class Transcript extends EventTarget {
  instance = "";
  #element;
  #list;
  #rate;
  #held = false;
  #pending = []; // to be drawn with the next frame
  #frame = 0;
  #rests = new Map(); // by stream: what has begun and not ended
  #events = 0;
  #bytes = 0;

  constructor(element, network) {
    super();
    this.#element = element;
    this.#list = element.querySelector("#blocks");
    this.#rate = element.querySelector("#rate");
    const hold = element.querySelector("#hold");
    hold.addEventListener("click", () => {
      this.#held = !this.#held;
      hold.setAttribute("aria-pressed", String(this.#held));
      if (!this.#held) this.#draw();
    });
    element.addEventListener("toggle", () => this.#draw());
    network.addEventListener("request", ({ detail }) => this.#requested(detail));
    network.addEventListener("text", ({ detail }) => this.#received(detail));
    network.addEventListener("ended", ({ detail }) => this.#ended(detail));
    network.addEventListener("cut", () => this.#add("note", "the network is cut"));
    setInterval(() => this.#showRate(), RATE_MS);
    network.begin(); // the bell's module may have connected before this one ran
  }

  #requested({ stream, path, position }) {
    this.#rests.set(stream, "");
    this.#add("sent", `GET ${path}${position ? `\nLast-Event-ID: ${position}` : ""}`);
  }

  #received({ stream, text }) {
    this.#bytes += text.length;
    const blocks = ((this.#rests.get(stream) ?? "") + text).split("\n\n");
    const rest = blocks.pop();
    for (const block of blocks) this.#read(this.#withoutHeartbeats(block));
    this.#rests.set(stream, this.#withoutHeartbeats(rest));
  }

  #ended({ stream }) {
    this.#rests.delete(stream);
    this.#add("note", "the stream ended");
  }

  /** Comments have no blank line behind them. */
  #withoutHeartbeats(text) {
    let rest = text;
    for (let end; rest.startsWith(":") && (end = rest.indexOf("\n")) >= 0; rest = rest.slice(end + 1)) {
      this.#add("comment", rest.slice(0, end));
    }
    return rest;
  }

  #read(block) {
    if (!block) return;
    this.#events++;
    const type = /^event: (.*)$/m.exec(block)?.[1] ?? "";
    this.#add(type.startsWith("stream-") || type === "retire" ? "control" : "event", block);
    if (type === "stream-open") {
      const { instance = "", resumed } = JSON.parse(/^data: (.*)$/m.exec(block)[1]);
      this.instance = instance;
      this.#emit("opened", { instance, resumed });
    } else if (type === "stream-live") {
      this.#emit("live");
    }
  }

  #add(kind, text) {
    this.#pending.push([kind, text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text]);
    if (this.#pending.length > MAX_BLOCKS) this.#pending.shift();
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#held || !this.#element.open) return;
    const list = this.#list;
    const follows = list.scrollTop + list.clientHeight >= list.scrollHeight - 40;
    for (const [kind, text] of this.#pending.splice(0)) {
      const block = document.createElement("pre");
      block.className = kind;
      block.textContent = text;
      list.append(block);
    }
    while (list.childElementCount > MAX_BLOCKS) list.firstElementChild.remove();
    if (follows) list.scrollTop = list.scrollHeight;
  }

  #showRate() {
    this.#rate.textContent = `${this.#events} events/s · ${(this.#bytes / 1024).toFixed(1)} kB/s`;
    this.#emit("blocks", this.#events);
    this.#events = this.#bytes = 0;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
