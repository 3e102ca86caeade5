// The state of the feed as text, for an element whose `data-state` styles it.

/** `state` is one of those that `Feed` reports. */
export function showState(element, state, i18n) {
  element.textContent = stateText(state, i18n);
  element.title = state === "degraded" ? i18n.text("state_hint_degraded") : "";
  element.dataset.state = state;
}

export const stateText = (state, i18n) => i18n.text(`state_${state.replace(" ", "_")}`);
