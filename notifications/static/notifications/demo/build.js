// The build log: a <hub-log>, and a new one for each run.

import "../elements.js";
import { h } from "../shared/dom.js";
import { show } from "./stage.js";

show(
  {},
  {
    started(topic, before) {
      if (before) document.querySelector("hub-log").replaceWith(h("hub-log", { topic, type: "line", label: "Output" }));
    },
  },
);
