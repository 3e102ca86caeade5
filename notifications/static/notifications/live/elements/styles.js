// What the elements look like, besides the tokens of all components.

export const elementStyles = `
:host { display: block; }
:host([hidden]) { display: none; }
.label { font-weight: 600; overflow-wrap: anywhere; }
.muted { color: var(--muted); font-size: 0.875rem; }
.failed { color: var(--error); font-size: 0.875rem; }
.number { font-variant-numeric: tabular-nums; }
`;
