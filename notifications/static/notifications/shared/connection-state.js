// The state of the feed as text, for an element whose `data-state` styles it.

/** `state` is one of those that `Feed` reports. */
export function showState(element, state, i18n) {
  element.textContent = i18n.state(state);
  element.title = ["degraded", "slow"].includes(state) ? i18n.text(`state_hint_${state}`) : "";
  element.dataset.state = state;
}
