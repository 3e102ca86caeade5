// The path below which the hub's pages are, on one of them: "" at the root.

export const mount = globalThis.document?.body?.dataset.hub ?? "";
