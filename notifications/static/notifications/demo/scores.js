// The scoreboard: a card for each match; a goal is announced.

import { h } from "../shared/dom.js";
import { gathered, show } from "./stage.js";

const FULL_TIME = 90;
const matches = new Map();
const announced = document.getElementById("goal");
const changed = new Map();

function cardOf(key, [home, away]) {
  if (!matches.has(key)) {
    const clock = h("p", { class: "clock" });
    const score = ["", ""].map(() => h("b", {}));
    const names = [home, away].map((name) => h("span", {}, name));
    const goals = h("p", { class: "goals" });
    const node = h("li", { class: "card", "data-key": key }, clock, h("div", { class: "score" }, names[0], score[0], names[1], score[1]), goals);
    document.getElementById("matches").append(node);
    matches.set(key, { node, clock, score, goals, scored: 0 });
  }
  return matches.get(key);
}

const draw = gathered(() => {
  for (const [key, { teams, score, minute, goals }] of changed) {
    const card = cardOf(key, teams);
    card.clock.textContent = minute < FULL_TIME ? `${minute}′` : "Full time";
    score.forEach((goalsOfSide, side) => (card.score[side].textContent = goalsOfSide));
    card.goals.textContent = goals.map((goal) => `${goal.minute}′ ${goal.team}`).join(" · ") || "No goal yet";
    if (goals.length > card.scored && minute) scored(card, teams, score, goals.at(-1));
    card.scored = goals.length;
  }
  changed.clear();
});

function scored(card, [home, away], score, { team }) {
  announced.textContent = `Goal for ${team}. ${home} ${score[0]}, ${away} ${score[1]}.`;
  card.node.classList.remove("scored");
  void card.node.offsetWidth; // so that the animation begins anew
  card.node.classList.add("scored");
}

show({
  score(data, { key }) {
    changed.set(key, data);
    draw();
  },
});
