// The page of instances and open connections, live, with what staff do about one.

import { confirm, post, showResult } from "./actions.js";
import { ConnectionRows } from "./connection-rows.js";
import { InstanceRows } from "./instance-rows.js";
import { Instances } from "./instances.js";
import { LiveFeed, isConnected } from "./live.js";
import { translatorFromPage } from "./text.js";

const TICK_MS = 1000;

const page = document.getElementById("connections");
const i18n = translatorFromPage();
const instances = new Instances();
const { drain, undrain, disconnect, test } = page.dataset;
const instanceRows = new InstanceRows(i18n, { manages: "manages" in page.dataset });
const connectionRows = document.getElementById("list") && new ConnectionRows(i18n, page.dataset);

const actions = {
  async drain({ instance }) {
    if (!hasOthers(instance)) return showResult("", i18n.text("watch_last_instance", { name: instance }));
    if (await confirmed("drain", { name: instance })) await send(drain, { instance });
  },
  async undrain({ instance }) {
    if (await confirmed("undrain", { name: instance })) await send(undrain, { instance });
  },
  async disconnect({ instance, number, person, name }) {
    if (await confirmed("disconnect", { name, instance })) await send(disconnect, { instance, number, person });
  },
  test: ({ name }) => send(test, { person: name }),
};

const send = (url, fields) => post(url, fields, i18n.text("watch_failed"));

/** Whether another instance can take over the connections of this one. */
const hasOthers = (name) => instances.all.some((instance) => instance.name !== name && instance.state === "live");

const confirmed = (action, values) =>
  confirm({
    title: i18n.text(`watch_${action}_sure`, values),
    hint: i18n.text(`watch_${action}_hint`, values),
    verb: i18n.text(`watch_${action}`),
  });

page.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) actions[button.dataset.act]({ ...button.closest("[data-instance]").dataset });
});

let requested = false;

function show() {
  requested = false;
  instanceRows.show(instances.all, instances.now);
  connectionRows?.show(instances.now);
}

function requestShow() {
  if (!requested) requestAnimationFrame(show);
  requested = true;
}

new LiveFeed(page.dataset.query, {
  element: document.getElementById("state"),
  i18n,
  event: (type, report, { at }) => {
    if (type === "instance") instances.add(report, at);
    else if (type === "connections") connectionRows?.add(report, at);
    requestShow();
  },
  state: (state) => {
    instances.setConnected(isConnected(state));
    page.classList.toggle("stale", !isConnected(state));
  },
});
setInterval(requestShow, TICK_MS);
