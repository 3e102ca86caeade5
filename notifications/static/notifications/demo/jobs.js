// Job progress: a <hub-progress> for each job, and what it does now.

import "../elements.js";
import { show } from "./stage.js";

show({
  progress({ state, label }, event, topic) {
    const row = document.getElementById(topic);
    row.dataset.state = state;
    row.querySelector(".step").textContent = label;
  },
});
