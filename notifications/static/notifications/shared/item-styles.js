// The style sheet of notifications, in the panel and as toasts.

export const itemStyles = `
:host {
  --info: light-dark(#3552c4, #9db4ff);
  --critical: light-dark(#a3123f, #ff9fbb);
  --shadow: 0 2px 6px rgb(20 28 50 / 8%), 0 12px 40px light-dark(rgb(20 28 50 / 18%), rgb(0 0 0 / 55%));
}
.tool {
  display: grid;
  place-items: center;
  width: 2rem;
  height: 2rem;
  flex: none;
  padding: 0;
  border: 0;
  border-radius: 0.5rem;
  background: none;
  color: var(--muted);
}
.tool:hover { background: color-mix(in srgb, var(--text) 9%, transparent); color: var(--text); }
.tool svg { width: 1.125rem; height: 1.125rem; }
[data-severity] { --tone: var(--info); }
[data-severity="success"] { --tone: var(--success); }
[data-severity="warning"] { --tone: var(--warning); }
[data-severity="error"] { --tone: var(--error); }
[data-severity="critical"] { --tone: var(--critical); }
.mark {
  position: relative;
  display: grid;
  place-items: center;
  width: 2rem;
  height: 2rem;
  border-radius: 50%;
  background: color-mix(in srgb, var(--tone) 13%, transparent);
  color: var(--tone);
}
[data-severity="critical"] .mark { background: var(--tone); color: var(--surface); }
.mark svg { width: 1.125rem; height: 1.125rem; }
.title { color: inherit; text-decoration: none; overflow-wrap: anywhere; text-wrap: pretty; }
.title:hover { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 0.22em; }
.body {
  display: -webkit-box;
  overflow: hidden;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
  color: var(--muted);
  overflow-wrap: anywhere;
  text-wrap: pretty;
  text-align: -webkit-match-parent;
  text-align: match-parent;
}
`;
