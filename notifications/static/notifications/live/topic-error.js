// Why a topic is not received. Others are, on the same feed.

export class TopicError extends Error {
  name = "TopicError";

  /** `problem` is the hub's answer (RFC 9457), or says `limit`, how many topics a feed carries. */
  constructor(topic, problem) {
    const limit = `${topic} is not received: the tabs of a browser receive ${problem.limit} topics at once. Close others first.`;
    super(problem.limit ? limit : `${topic} is not received: ${problem.detail ?? "the hub refused it."}`);
    this.topic = topic;
    this.reason = problem.limit ? "limit" : "refused";
    this.status = problem.status ?? 0;
  }
}
