// Uses every public name of the package, to be compiled.

import { hub, TopicError, type Hub, type Json, type State, type StateChange, type Topic, type TopicEvent } from "notification-hub";
import type { ConnectOptions, TopicOptions, TopicReset, TopicsChange } from "notification-hub";
import { useHub } from "notification-hub/elements.js";

interface Progress {
  done: number;
  of: number;
}

const state: State = hub.state;
const reason: string = hub.reason;
const options: TopicOptions = { history: true };

const topic: Topic = hub
  .topic("job-42", options)
  .on<Progress>("progress", ({ done, of }, event: TopicEvent<Progress>) => console.log(done / of, event.id, event.at, event.by))
  .on("*", (data: Json, { type, key, topic }) => console.log(data, type, key ?? "", topic))
  .on("stream-reset", ({ reason, position }: TopicReset) => console.log(reason, position))
  .on("error", (error: TopicError) => console.log(error.topic, error.reason, error.status, error.message));

// @ts-expect-error The data of this event have no such field.
topic.on<Progress>("progress", ({ missing }) => console.log(missing));

const latest: TopicEvent<Progress> | undefined = topic.latest<Progress>("import");
console.log(state, reason, topic.name, latest?.data.done ?? 0);
addEventListener("error", ({ error }) => console.log(error instanceof TopicError ? error.topic : error));

const connection: ConnectOptions = { url: "https://hub.example.com", token: async () => "…", user: "7", position: "1" };
const other: Hub = hub.connect(connection);
const changed = ({ state, reason }: StateChange): void => console.log(state, reason);
const carried = ({ topics }: TopicsChange): void => console.log(topics.length);
other.on("state", changed).off("state", changed).on("topics", carried).off("topics", carried);
useHub(other);

const ticks = (data: number): void => console.log(data);
other.topic("ticks").on<number>("tick", ticks).off("tick", ticks).close();
await topic.ready;
topic.close();
other.close();
