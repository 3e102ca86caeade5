// The style of <hub-log>.

export const logStyles = `
.head { display: flex; flex-wrap: wrap; gap: 0.375rem 0.75rem; align-items: center; margin-bottom: 0.5rem; }
.tools { display: flex; flex: 1 1 16rem; gap: 0.5rem; justify-content: flex-end; }
input, .follow {
  min-height: 2.25rem;
  padding: 0 0.75rem;
  border: 1px solid var(--rim);
  border-radius: 0.5rem;
  background: var(--surface);
  color: inherit;
  font: inherit;
  font-size: 0.875rem;
}
input { flex: 1 1 8rem; min-width: 0; max-width: 18rem; }
.follow { flex: none; white-space: nowrap; }
.follow:hover { background: var(--hover); }
.follow[aria-pressed="true"] { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.frame {
  position: relative;
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: color-mix(in srgb, var(--text) 3%, var(--surface));
}
.view { height: var(--hub-log-height, 24rem); overflow: auto; overscroll-behavior: contain; }
.view:focus-visible { outline-offset: -3px; border-radius: var(--radius); }
.sizer { position: relative; min-width: 100%; width: max-content; }
.drawn { min-width: 100%; width: max-content; will-change: transform; }
.row {
  display: flex;
  height: 22px;
  padding-inline-end: 1rem;
  font: 0.8125rem/22px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  white-space: pre;
}
.row:hover { background: var(--hover); }
.gutter {
  flex: none;
  width: calc(var(--digits, 4) * 1ch + 1.75rem);
  padding-inline: 0.75rem;
  color: var(--muted);
  text-align: end;
  user-select: none;
}
[data-level="warning"], [data-level="warn"] { color: var(--warning); }
[data-level="error"], [data-level="critical"], [data-level="fatal"] { color: var(--error); }
[data-level="debug"], [data-level="note"] { color: var(--muted); }
[data-level="note"] .text { font-style: italic; }
mark { border-radius: 0.125rem; background: light-dark(#ffe58a, #7a5f00); color: inherit; }
.empty { position: absolute; inset: 1rem; pointer-events: none; }
`;
