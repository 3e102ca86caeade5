// Single keys that do something, while nobody types.

const SILENT = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);

function takesText(node) {
  if (node instanceof HTMLInputElement) return !SILENT.has(node.type);
  if (node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement) return true;
  return node?.isContentEditable === true;
}

export class Keys {
  #root;
  #listen;

  /** `handlers`: by the key's name, called with the event; one that answers false leaves the key alone. */
  constructor(root, handlers) {
    this.#root = root;
    this.#listen = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.defaultPrevented || event.isComposing) return;
      // The path crosses shadow roots, where `target` stops at the host.
      if (takesText(event.composedPath()[0])) return;
      if (!Object.hasOwn(handlers, event.key)) return;
      if (handlers[event.key](event) !== false) event.preventDefault();
    };
    root.addEventListener("keydown", this.#listen);
  }

  stop() {
    this.#root.removeEventListener("keydown", this.#listen);
  }
}
