// The blocks of a run as elements, of which only what changed is drawn again.

import { h } from "../../shared/dom.js";

export class RunBlocks {
  #root;
  #drawn = []; // {block, node, length}

  constructor(root) {
    this.#root = root;
  }

  show(blocks, i18n) {
    const same = blocks.findIndex((block, n) => this.#drawn[n]?.block !== block);
    const kept = same < 0 ? blocks.length : same;
    for (const { node } of this.#drawn.splice(kept)) node.remove();
    for (const block of blocks.slice(kept)) {
      const node = this.#make(block, i18n);
      this.#drawn.push({ block, node, length: 0 });
      this.#root.append(node);
    }
    for (const one of this.#drawn) if (one.block.kind === "text") this.#grow(one);
  }

  /** What is there is not drawn again: a selection stays. */
  #grow(one) {
    const { text } = one.block;
    if (text.length > one.length) one.node.firstChild.appendData(text.slice(one.length));
    one.length = text.length;
  }

  #make(block, i18n) {
    if (block.kind === "phase") return h("p", { class: "phase", dir: "auto" }, block.name);
    if (block.kind === "tool") return call(block, i18n.text("run_tool"));
    if (block.kind === "artifact") return artifact(block.data, i18n.text("run_artifact"));
    const node = h("p", { class: "text", dir: "auto" });
    node.append(document.createTextNode(""));
    return node;
  }
}

function call({ name, data }, kind) {
  const { name: _, id: __, ...more } = typeof data === "object" && data !== null ? data : {};
  const title = [h("span", { class: "kind" }, kind), h("b", { dir: "auto" }, name)];
  if (!Object.keys(more).length) return h("div", { class: "artifact" }, h("div", { class: "name" }, ...title));
  return h("details", { class: "call" }, h("summary", {}, ...title), h("pre", { tabindex: 0 }, json(more)));
}

function artifact(data, kind) {
  const { title, name, url, text, ...more } = typeof data === "object" && data !== null ? data : { text: data };
  const label = String(title ?? name ?? url ?? "");
  const link = isAddress(url) ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer", dir: "auto" }, label) : h("b", { dir: "auto" }, label);
  const content = typeof text === "string" ? text : Object.keys(more).length || text !== undefined ? json(text ?? more) : null;
  return h(
    "div",
    { class: "artifact" },
    h("div", { class: "name" }, h("span", { class: "kind" }, kind), link),
    content === null ? null : h("pre", { tabindex: 0 }, content),
  );
}

const json = (data) => JSON.stringify(data, null, 2) ?? "";

/** Whether a page may link to it: what a run brings is not the page's own. */
function isAddress(url) {
  try {
    return typeof url === "string" && ["http:", "https:"].includes(new URL(url, document.baseURI).protocol);
  } catch {
    return false;
  }
}
