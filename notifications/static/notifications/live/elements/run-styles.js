// The style of <hub-run>.

export const runStyles = `
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; min-height: 2.25rem; margin-bottom: 0.5rem; }
.state { display: flex; align-items: center; gap: 0.5rem; color: var(--tone, var(--muted)); font-size: 0.875rem; overflow-wrap: anywhere; }
.state::before { content: ""; width: 0.5rem; height: 0.5rem; flex: none; border-radius: 50%; background: currentcolor; }
[data-state="running"] .state { --tone: var(--accent); }
[data-state="running"] .state::before { animation: pulse 1.2s ease-in-out infinite; }
[data-state="done"] .state { --tone: var(--success); }
[data-state="failed"] .state, [data-state="lost"] .state, [data-state="refused"] .state { --tone: var(--error); }
[data-state="stopped"] .state { --tone: var(--warning); }
.stop {
  min-height: 2.25rem;
  margin-inline-start: auto;
  padding: 0 0.875rem;
  border: 1px solid var(--rim);
  border-radius: 0.5rem;
  background: var(--surface);
  color: var(--error);
  font-size: 0.875rem;
  font-weight: 600;
}
.stop:hover { background: var(--hover); }
.stop:disabled { color: var(--muted); cursor: default; }
.flow > * + * { margin-top: 0.75rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; text-wrap: pretty; }
.phase { display: flex; align-items: center; gap: 0.75rem; color: var(--muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.phase::after { content: ""; height: 1px; min-width: 1rem; flex: 1; background: var(--line); }
.call, .artifact { border: 1px solid var(--line); border-radius: var(--radius); background: color-mix(in srgb, var(--text) 3%, var(--surface)); }
.call > summary, .artifact > .name { padding: 0.5rem 0.875rem; font-size: 0.875rem; }
.call > summary { cursor: pointer; }
.call b, .artifact b { font-weight: 600; overflow-wrap: anywhere; }
.kind { color: var(--muted); margin-inline-end: 0.375rem; }
.name a { color: var(--accent); }
pre {
  max-height: 20rem;
  margin: 0;
  padding: 0.625rem 0.875rem;
  overflow: auto;
  border-top: 1px solid var(--line);
  direction: ltr;
  font: 0.8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  text-align: left;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.typing { display: flex; margin-top: 0.25rem; gap: 0.25rem; align-items: center; height: 1.5rem; }
.typing i { width: 0.375rem; height: 0.375rem; border-radius: 50%; background: var(--accent); animation: pulse 1.2s ease-in-out infinite; }
.typing i:nth-child(2) { animation-delay: 0.15s; }
.typing i:nth-child(3) { animation-delay: 0.3s; }
.problem { margin-bottom: 0.5rem; }
.problem:empty { display: none; }
@keyframes pulse { 50% { opacity: 0.25; } }
@media (prefers-reduced-motion: reduce) { .typing i, .state::before { animation: none !important; } }
@media (forced-colors: active) { .typing i, .state::before { forced-color-adjust: none; background: CanvasText; } }
`;
