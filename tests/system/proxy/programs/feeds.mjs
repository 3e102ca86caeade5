// Opens feeds over one connection of HTTP/2, then asks for a count beside them: node feeds.mjs URL NUMBER TOKEN.
// Prints a line of JSON: how many feeds are live then, and the status of the count.

import http2 from "node:http2";

const [url, number, token] = process.argv.slice(2);
const session = http2.connect(url, { rejectUnauthorized: false });

const request = (path) =>
  session.request({ ":path": path, authorization: `Bearer ${token}` }).setEncoding("utf8");

const live = (feed) =>
  new Promise((done) => {
    let received = "";
    feed.on("response", ({ ":status": status }) => {
      if (status !== 200) throw new Error(`a feed is answered ${status}`);
    });
    feed.on("data", (text) => {
      received += text;
      if (received.includes("event: stream-live")) done();
    });
  });

const feeds = Array.from({ length: Number(number) }, () => request("/feed/"));
await Promise.all(feeds.map(live));
request("/api/v1/notifications/count").on("response", ({ ":status": status }) => {
  console.log(JSON.stringify({ open: feeds.filter((feed) => !feed.closed).length, status }));
  process.exit();
});
