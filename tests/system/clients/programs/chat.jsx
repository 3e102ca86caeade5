// A chat with the AI SDK's `useChat`, over the transport of docs/runs.md.

import { useChat } from "@ai-sdk/react";
import { createRoot } from "react-dom/client";

import { transport } from "./transport.js";

const { hub, run, token, messages: said } = await (await fetch("/api/chat")).json();

function Chat() {
  const { messages, sendMessage, status, error } = useChat({
    id: "chat-1",
    messages: said,
    resume: Boolean(run),
    transport: transport(hub, run, token),
  });
  const answers = messages.filter(({ role }) => role === "assistant");
  const parts = answers.flatMap(({ parts }) => parts);
  return (
    <main>
      <button id="ask" onClick={() => sendMessage({ text: "Count." })}>Ask</button>
      <button id="stop" onClick={() => fetch("/api/chat", { method: "DELETE" })}>Stop</button>
      <p id="status">{status}</p>
      <p id="error">{error?.message}</p>
      <p id="answers">{answers.length}</p>
      <p id="phases">{parts.filter(({ type }) => type === "data-phase").map(({ data }) => data.name).join(" ")}</p>
      <pre id="text">{parts.filter(({ type }) => type === "text").map(({ text }) => text).join("")}</pre>
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Chat />);
