// Single-key shortcuts, ignored while the user types text.

const NO_TEXT = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);

function acceptsText(node) {
  if (node instanceof HTMLInputElement) return !NO_TEXT.has(node.type);
  if (node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement) return true;
  return node?.isContentEditable === true;
}

export class Keyboard {
  /** `handlers` by `event.key`, called with the event; one that returns false leaves the key to the browser. */
  constructor(root, handlers) {
    root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.defaultPrevented || event.isComposing) return;
      // The path crosses shadow roots, where `target` stops at the host.
      if (acceptsText(event.composedPath()[0])) return;
      if (!Object.hasOwn(handlers, event.key)) return;
      if (handlers[event.key](event) !== false) event.preventDefault();
    });
  }
}
