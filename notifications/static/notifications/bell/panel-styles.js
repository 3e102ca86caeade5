// The style sheet of the panel.

export const panelStyles = `
dialog {
  position: fixed;
  inset: auto;
  left: var(--left);
  top: var(--top);
  width: min(28rem, 100vw - 16px);
  height: min(42rem, var(--height));
  max-width: none;
  max-height: none;
  margin: 0;
  padding: 0;
  overflow: hidden;
  border: 1px solid var(--rim);
  border-radius: var(--radius);
  background: var(--surface);
  color: var(--text);
  box-shadow: var(--shadow);
}
dialog::backdrop { background: none; }
.plain {
  padding: 0.25rem 0.5rem;
  border: 0;
  border-radius: 0.5rem;
  background: none;
  color: var(--accent);
  font-size: 0.875rem;
  font-weight: 550;
  text-decoration: none;
}
.plain:hover { text-decoration: underline; text-underline-offset: 0.2em; }
h2, h3, h4, ol, dl, dd { margin: 0; padding: 0; }
ol { list-style: none; }
.panel { position: relative; display: flex; flex-direction: column; height: 100%; }
.head {
  display: flex;
  align-items: center;
  gap: 0.125rem;
  padding-block: 0.75rem 0.5rem;
  padding-inline: 1.25rem 0.75rem;
}
h2:focus { outline: none; }
h2 { font-size: 1.125rem; letter-spacing: -0.01em; }
.state { margin-inline: 0.625rem auto; color: var(--muted); font-size: 0.8125rem; }
.state::before {
  content: "";
  display: inline-block;
  width: 0.5rem;
  height: 0.5rem;
  margin-inline-end: 0.375rem;
  border-radius: 50%;
  background: var(--muted);
}
.state[data-state="live"]::before { background: var(--success); }
.state:is([data-state="reconnecting"], [data-state="slow"], [data-state="degraded"])::before { background: var(--warning); }
.state[data-state="signed out"]::before { background: var(--error); }
.rooms { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; margin: 0; padding: 0.625rem 1.25rem 0.25rem; list-style: none; }
.rooms[hidden] { display: none; }
.rooms a { color: var(--accent); font-size: 0.875rem; font-weight: 600; text-decoration: none; }
.rooms a:hover { text-decoration: underline; }
.tabs {
  display: flex;
  align-items: center;
  gap: 0.125rem;
  min-height: 3rem;
  padding-block-end: 0.75rem;
  padding-inline: 1.25rem 0.75rem;
  border-bottom: 1px solid var(--line);
}
.views {
  display: flex;
  padding: 0.1875rem;
  border-radius: 0.625rem;
  background: color-mix(in srgb, var(--text) 7%, transparent);
}
.views button {
  padding: 0.125rem 0.75rem;
  border: 0;
  border-radius: 0.4375rem;
  background: none;
  color: var(--muted);
  font-size: 0.875rem;
  font-weight: 550;
}
.views [aria-pressed="true"] {
  background: light-dark(var(--surface), color-mix(in srgb, var(--text) 18%, var(--surface)));
  color: var(--text);
  box-shadow: 0 1px 3px rgb(20 28 50 / 18%);
}
.tabs > span:not(:empty) { margin-inline-start: 0.5rem; font-size: 0.875rem; }
.tabs .views { margin-inline-end: auto; }
.notice {
  padding: 0.5rem 1.25rem;
  border-bottom: 1px solid var(--line);
  color: var(--error);
  font-size: 0.875rem;
}
.notice:empty { display: none; }
.list { flex: 1; overflow-y: auto; overscroll-behavior: contain; }
.list:focus-visible { outline-offset: -3px; }
.list h3 { padding: 0.875rem 1.25rem 0.25rem; color: var(--muted); font-size: 0.8125rem; font-weight: 600; }
.row {
  position: relative;
  display: grid;
  grid-template-columns: auto minmax(0, 1fr) auto;
  gap: 0 0.75rem;
  padding: 0.625rem 1.25rem;
}
.row:hover, .row:focus-within { background: var(--hover); }
.mark { grid-row: span 3; }
.what { display: contents; }
.body, .facts { grid-column: 2 / -1; }
.row .body { font-size: 0.9375rem; line-height: 1.45; }
.acts { display: flex; grid-area: 1 / 3; margin-block: -0.3125rem -0.4375rem; margin-inline-end: -0.5rem; }
h4 { font-size: 0.9375rem; font-weight: 450; line-height: 1.4; }
.unread h4 { font-weight: 650; }
.unread .body { color: var(--text); }
.dot {
  position: absolute;
  inset-inline-start: 0.4375rem;
  inset-block-start: 1.375rem;
  width: 0.5rem;
  height: 0.5rem;
  border-radius: 50%;
  background: var(--accent);
}
.facts {
  display: flex;
  flex-wrap: wrap;
  gap: 0 0.375rem;
  margin-top: 0.125rem;
  color: var(--muted);
  font-size: 0.8125rem;
  overflow-wrap: anywhere;
}
.facts > span + *::before, .facts > time::before { content: "·"; margin-inline-end: 0.375rem; }
.severity { color: var(--tone); font-weight: 600; }
.why { margin-inline-start: 0.375rem; }
.why[open] { flex-basis: 100%; margin: 0; }
.why summary { list-style: none; cursor: pointer; text-decoration: underline; text-underline-offset: 0.2em; }
.why summary::-webkit-details-marker { display: none; }
.mark input {
  position: absolute;
  inset: 0.25rem;
  width: 1.5rem;
  height: 1.5rem;
  margin: 0;
  accent-color: var(--accent);
  opacity: 0;
}
.mark:has(:checked, :focus-visible) { background: none; }
.mark:has(:checked, :focus-visible) svg { opacity: 0; }
.mark input:is(:checked, :focus-visible) { opacity: 1; }
.row:has(:checked) { background: color-mix(in srgb, var(--accent) 10%, var(--surface)); }
@media (hover: hover) {
  .acts, .why:not([open]) { opacity: 0; }
  .why:not([open]) { flex: 1 1 0; min-width: 0; }
  .why:not([open]) summary { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .row:is(:hover, :focus-within) :is(.acts, .why) { opacity: 1; }
  .mark:hover { background: none; }
  .mark:hover svg { opacity: 0; }
  .mark:hover input { opacity: 1; }
}
@media (hover: none) {
  .why { margin: 0; }
  .keys { display: none; }
}
.empty { padding: 4.5rem 2rem 0; color: var(--muted); font-size: 0.9375rem; text-align: center; }
.empty:empty { padding: 0; }
.empty svg { width: 2.75rem; height: 2.75rem; margin-inline: auto; stroke-width: 1.25; }
.empty h3 { padding: 0.75rem 0 0.25rem; color: var(--text); font-size: 1.0625rem; }
.end { min-height: 1px; padding: 1.25rem; color: var(--muted); font-size: 0.8125rem; text-align: center; }
.bar {
  position: absolute;
  inset-inline: 0.75rem;
  inset-block-end: 3.5rem;
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 1rem;
  border-radius: 0.625rem;
  background: var(--text);
  color: var(--surface);
  font-size: 0.9375rem;
}
.bar:not(:empty) { padding-block: 0.5rem; padding-inline: 1rem 0.5rem; }
.bar button {
  padding: 0.125rem 0.75rem;
  border: 1px solid color-mix(in srgb, var(--surface) 45%, transparent);
  border-radius: 0.5rem;
  background: none;
  font-weight: 600;
}
.bar button:hover { background: color-mix(in srgb, var(--surface) 14%, transparent); }
.bar :focus-visible { outline-color: var(--surface); }
.foot {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  padding: 0.5rem 0.75rem;
  border-top: 1px solid var(--line);
}
.foot .keys { margin-inline-start: auto; color: var(--muted); font-weight: 450; }
.help {
  display: grid;
  grid-template-columns: repeat(3, 1fr);
  gap: 0.375rem 0.75rem;
  flex-basis: 100%;
  padding: 0.375rem 0.5rem 0.75rem;
  font-size: 0.8125rem;
}
.help div { display: flex; align-items: center; gap: 0.5rem; }
kbd {
  display: block;
  min-width: 1.5rem;
  padding: 0 0.25rem;
  border: 1px solid var(--line);
  border-radius: 0.3125rem;
  font: inherit;
  text-align: center;
}
@media (max-width: 34rem) {
  dialog { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
}
`;
