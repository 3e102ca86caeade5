// Style sheets of the components, constructed, as the strictest Content-Security-Policy allows.

const baseStyles = `
:host {
  --surface: var(--notification-surface, light-dark(#ffffff, #191d27));
  --text: var(--notification-text, light-dark(#1a2030, #e8ebf2));
  --muted: var(--notification-muted, light-dark(#596276, #a0a9ba));
  --line: var(--notification-line, light-dark(#e2e5ec, #2b3140));
  --accent: var(--notification-accent, light-dark(#3d52d5, #9dabff));
  --on-accent: var(--notification-on-accent, light-dark(#ffffff, #12162a));
  --radius: var(--notification-radius, 0.875rem);
  --hover: color-mix(in srgb, var(--text) 5%, var(--surface));
  --success: light-dark(#12703f, #74d3a0);
  --warning: light-dark(#8a5300, #efbf66);
  --error: light-dark(#bf2525, #ff9a94);
  --rim: light-dark(var(--line), color-mix(in srgb, var(--text) 20%, var(--surface)));
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font: 1rem/1.5 var(--notification-font, var(--font));
  color: var(--text);
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
p { margin: 0; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 0.375rem; }
svg {
  display: block;
  width: 1.25rem;
  height: 1.25rem;
  fill: none;
  stroke: currentColor;
  stroke-width: 2;
  stroke-linecap: round;
  stroke-linejoin: round;
}
.hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
`;

export const bellStyles = `
:host { display: inline-block; margin-inline-end: 0.5rem; }
:host([hidden]) { display: none; }
.bell {
  position: relative;
  display: grid;
  place-items: center;
  width: 2.5rem;
  height: 2.5rem;
  padding: 0;
  border: 0;
  border-radius: 0.625rem;
  background: none;
}
.bell:hover, .bell[aria-expanded="true"] { background: color-mix(in srgb, currentcolor 8%, transparent); }
.bell svg { width: 1.375rem; height: 1.375rem; stroke-width: 1.875; }
.badge {
  position: absolute;
  inset-block-start: -0.0625rem;
  inset-inline-start: 1.1875rem;
  min-width: 1.375rem;
  padding: 0 0.25rem;
  border: 2px solid var(--surface);
  border-radius: 1rem;
  background: var(--accent);
  color: var(--on-accent);
  font-size: 0.6875rem;
  font-weight: 700;
  line-height: 1.125rem;
  text-align: center;
  font-variant-numeric: tabular-nums;
}
.light {
  position: absolute;
  inset-block-end: 0.25rem;
  inset-inline-end: 0.3125rem;
  width: 0.6875rem;
  height: 0.6875rem;
  border: 2px solid var(--surface);
  border-radius: 50%;
  background: var(--warning);
}
.light[data-state="offline"] { background: var(--muted); }
.light[data-state="signed out"] { background: var(--error); }
`;

const sheets = new Map();

export function setStyles(root, ...texts) {
  root.adoptedStyleSheets = [baseStyles, ...texts].map((text) => {
    if (!sheets.has(text)) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      sheets.set(text, sheet);
    }
    return sheets.get(text);
  });
}
