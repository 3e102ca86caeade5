// Opens feeds over one connection of HTTP/2, then asks for a count beside them: node feeds.mjs URL NUMBER TOKEN...
// Prints a line of JSON: how many feeds are live then, and the status of the count.

import http2 from "node:http2";

const [url, number, ...tokens] = process.argv.slice(2);
const session = http2.connect(url, { rejectUnauthorized: false });

const request = (path, token) =>
  session.request({ ":path": path, authorization: `Bearer ${token}` }).setEncoding("utf8");

const live = (feed) =>
  new Promise((done) => {
    let received = "";
    feed.on("data", (text) => {
      received += text;
      if (received.includes("event: stream-live")) done();
    });
  });

const feeds = Array.from({ length: Number(number) }, (_, k) => request("/feed/", tokens[k % tokens.length]));
await Promise.all(feeds.map(live));
request("/api/v1/notifications/count", tokens[0]).on("response", ({ ":status": status }) => {
  console.log(JSON.stringify({ open: feeds.filter((feed) => !feed.closed).length, status }));
  process.exit();
});
