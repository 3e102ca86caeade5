// The inbox's head: the count and the state, as the hub has them. Nothing here adds or subtracts.

const $ = (id) => document.getElementById(id);

export class Head {
  #words;

  constructor(words) {
    this.#words = words;
  }

  count({ unread }) {
    $("heading").setAttribute("aria-label", this.#words.say("inbox_unread", { n: unread }));
    $("count").textContent = unread;
    $("count").hidden = unread === 0;
    $("read-all").querySelector("button").disabled = unread === 0;
    const inbox = this.#words.say("inbox");
    document.title = unread ? `(${unread}) ${inbox}` : inbox;
  }

  state(state) {
    $("state").textContent = this.#words.say(`state_${state.replace(" ", "_")}`);
    $("state").title = state === "degraded" ? this.#words.say("state_hint_degraded") : "";
    $("state").dataset.state = state;
    $("sign-in").hidden = state !== "signed out";
  }
}
