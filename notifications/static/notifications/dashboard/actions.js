// What staff do on a page that goes on: sure first, then posted, and what came of it said.

import { csrfToken } from "../shared/api.js";

/** Whether they are sure, by the page's `dialog` of `ask.html`. */
export function sure({ title, hint, verb }) {
  const dialog = document.getElementById("ask");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = hint;
  dialog.querySelector("button[value=yes]").textContent = verb;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Post a form's fields and say what the hub answers, in the page's #done or #notice. */
export async function post(url, fields, failed) {
  tell("", "");
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(15_000),
    });
    const said = await answer.json();
    tell(answer.ok ? said.said : "", answer.ok ? "" : said.detail);
  } catch {
    tell("", failed);
  }
}

export function tell(done, notice) {
  document.getElementById("done").textContent = done;
  document.getElementById("notice").textContent = notice;
}

/** Forms that bear `data-sure` ask before they are sent; without this they are sent at once. */
export function askBefore(root) {
  root.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.sure) return;
    event.preventDefault();
    const { sure: title, hint, verb } = form.dataset;
    if (await sure({ title: fill(title, form), hint, verb })) form.submit();
  });
}

const fill = (text, form) => text.replace("{name}", form.elements.person?.value ?? "");
