// The style sheet of the toasts.

export const toastStyles = `
:host {
  position: fixed;
  z-index: 2147483000;
  inset-block-end: 1.25rem;
  inset-inline-end: 1.25rem;
  width: 23rem;
}
:host([hidden]) { display: none; }
.stack { display: grid; gap: 0.625rem; }
.toast {
  display: grid;
  grid-template-columns: auto minmax(0, 1fr) auto;
  gap: 0.75rem;
  padding-block: 0.75rem;
  padding-inline: 0.875rem 0.625rem;
  border: 1px solid var(--rim);
  border-radius: var(--radius);
  background: var(--surface);
  box-shadow: var(--shadow);
}
.toast[data-severity="critical"] { border-color: var(--tone); }
.what { align-self: center; font-size: 0.9375rem; line-height: 1.4; }
.what .title { font-weight: 600; }
.toast .body { margin-top: 0.125rem; font-size: 0.875rem; }
.more {
  justify-self: end;
  padding: 0.1875rem 0.875rem;
  border: 1px solid var(--rim);
  border-radius: 1rem;
  background: var(--surface);
  box-shadow: var(--shadow);
  font-size: 0.875rem;
  font-weight: 550;
}
button.title { padding: 0; border: 0; background: none; }
@media (prefers-reduced-motion: no-preference) {
  .toast { animation: come 0.22s ease-out; }
  @keyframes come { from { opacity: 0; transform: translateY(0.75rem); } }
}
@media (max-width: 34rem) {
  :host { inset-inline: 0.75rem; inset-block-end: 0.75rem; width: auto; }
}
`;
