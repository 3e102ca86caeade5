/** Types of hub.js: live topics on the one feed that all tabs of a browser share. */

/** Any JSON that was published. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** An event of a topic. */
export interface TopicEvent<Data = any> {
  readonly topic: string;
  readonly type: string;
  readonly data: Data;
  /** Which value the event is of, if it was published with one. */
  readonly key?: string;
  /** RFC 3339, by the hub's clock. */
  readonly at: string;
  /** Its position in the log, in decimal digits. */
  readonly id: string;
  /** The id of the person who published it, where a person did. */
  readonly by?: string;
}

/** Events are gone from the log that this page has not received. */
export interface TopicReset {
  readonly reason: "trimmed" | "unknown" | "long";
  readonly position: string;
}

/** Why a topic is not received. Its subscription is closed; others go on. */
export class TopicError extends Error {
  readonly topic: string;
  /** "limit": the tabs of a browser receive 100 topics at once. "refused": the hub does not let this person read it. */
  readonly reason: "limit" | "refused";
  /** HTTP status of the refusal, or 0. */
  readonly status: number;
}

/** A subscription to a topic. */
export interface Topic {
  readonly name: string;
  /** Resolves when nothing of the topic is missed any more, and its history, if requested, was replayed. */
  readonly ready: Promise<void>;
  /** Events of a type, each once and in order. */
  on<Data = any>(type: string, call: (data: Data, event: TopicEvent<Data>) => void): this;
  /** Every event. */
  on<Data = any>(type: "*", call: (data: Data, event: TopicEvent<Data>) => void): this;
  on(type: "stream-reset", call: (reset: TopicReset) => void): this;
  /** The topic was refused. Without a handler it is reported as an error that was thrown. */
  on(type: "error", call: (error: TopicError) => void): this;
  off(type: string, call: (...given: any[]) => void): this;
  /** The last event with this key, or at all; undefined if none was received. */
  latest<Data = any>(key?: string): TopicEvent<Data> | undefined;
  close(): void;
}

export interface TopicOptions {
  /** Replay first what the log has of the topic. */
  history?: boolean;
}

/**
 * "connecting", "live", "degraded" (events come late: by polls, or once the log is back), "offline", or "refused": nothing
 * comes any more with this session or token.
 */
export type State = "connecting" | "live" | "degraded" | "offline" | "refused";

export interface StateChange {
  readonly state: State;
  /** Why it is "degraded" ("log" or "polling") or "refused" ("unauthorized", "forbidden", "revoked", "expired"), else "". */
  readonly reason: string;
}

/** What is received now. */
export interface TopicsChange {
  readonly topics: readonly string[];
}

export interface ConnectOptions {
  /** Where the hub is: its origin, and its prefix if it has one. */
  url: string;
  /** A subscriber token, or what returns one, which is called again when it has expired. Absent: the session. */
  token?: string | (() => string | Promise<string>) | null;
  /** The id of the user, where the page knows it. */
  user?: string;
  /** The id of the last event that the page has: what came since is received, too. */
  position?: string;
}

export interface Hub {
  readonly state: State;
  readonly reason: string;
  /** Throws a TypeError for what is no name of a topic. Each call is a subscription of its own. */
  topic(name: string, options?: TopicOptions): Topic;
  on(type: "state", call: (change: StateChange) => void): this;
  on(type: "topics", call: (change: TopicsChange) => void): this;
  off(type: "state", call: (change: StateChange) => void): this;
  off(type: "topics", call: (change: TopicsChange) => void): this;
  /** Another hub, or one of another origin. */
  connect(options: ConnectOptions): Hub;
  /** With all its topics. */
  close(): void;
}

/** The hub of this page. It connects when the first topic is requested. */
export const hub: Hub;
