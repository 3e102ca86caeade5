// The instances and the open connections, live from every instance; and what is done about one.

import { post, sure, tell } from "./actions.js";
import { ConnectionRows } from "./connection-rows.js";
import { InstanceRows } from "./instance-rows.js";
import { Instances } from "./instances.js";
import { Live } from "./live.js";
import { textsOf } from "./text.js";

const TICK_MS = 1000;

const page = document.getElementById("connections");
const words = textsOf();
const instances = new Instances();
const { drain, undrain, disconnect, test } = page.dataset;
const rows = new InstanceRows(words, { manages: "manages" in page.dataset });
const list = document.getElementById("list") && new ConnectionRows(words, page.dataset);

const acts = {
  async drain({ instance }) {
    if (!others(instance)) return tell("", words.say("watch_last_instance", { name: instance }));
    if (await ask("drain", instance)) await post(drain, { instance }, words.say("watch_failed"));
  },
  async undrain({ instance }) {
    if (await ask("undrain", instance)) await post(undrain, { instance }, words.say("watch_failed"));
  },
  async disconnect({ instance, number, person, name }) {
    const values = { name, instance };
    const title = words.say("watch_disconnect_sure", values);
    const verb = words.say("watch_disconnect");
    if (await sure({ title, hint: words.say("watch_disconnect_hint", values), verb })) {
      await post(disconnect, { instance, number, person }, words.say("watch_failed"));
    }
  },
  test: ({ name }) => post(test, { person: name }, words.say("watch_failed")),
};

/** Whether another instance takes the people of this one. */
const others = (name) => instances.all.some((one) => one.name !== name && one.state === "live");

const ask = (act, name) =>
  sure({
    title: words.say(`watch_${act}_sure`, { name }),
    hint: words.say(`watch_${act}_hint`, { name }),
    verb: words.say(`watch_${act}`),
  });

page.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) acts[button.dataset.act]({ ...button.closest("[data-instance]").dataset });
});

let due = false;

function show() {
  due = false;
  rows.show(instances.all, instances.now);
  list?.show(instances.now);
}

function soon() {
  if (!due) requestAnimationFrame(show);
  due = true;
}

new Live(page.dataset.query, {
  element: document.getElementById("state"),
  words,
  hear: (type, told, { at }) => {
    if (type === "instance") instances.hear(told, at);
    else if (type === "connections") list?.hear(told, at);
    soon();
  },
  say: (state) => {
    instances.listen(state === "live");
    page.classList.toggle("stale", state !== "live");
  },
});
setInterval(soon, TICK_MS);
