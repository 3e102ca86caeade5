// What staff do on a live page: confirmed, posted, and its result shown.

import { csrfToken } from "../shared/api.js";

/** Ask in the page's `dialog` of `ask.html`; resolves to whether it was confirmed. */
export function confirm({ title, hint, verb }) {
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

/** Post a form's fields and show the hub's answer, or `failed` without one. */
export async function post(url, fields, failed) {
  showResult("", "");
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = await response.json();
    showResult(response.ok ? answer.message : "", response.ok ? "" : answer.detail);
  } catch {
    showResult("", failed);
  }
}

/** In the page's #done and #notice. */
export function showResult(done, notice) {
  document.getElementById("done").textContent = done;
  document.getElementById("notice").textContent = notice;
}

/** Have forms with `data-sure` confirmed before they are sent. */
export function confirmForms(root) {
  root.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.sure) return;
    event.preventDefault();
    const { sure: title, hint, verb } = form.dataset;
    if (await confirm({ title: fill(title, form), hint, verb })) form.submit();
  });
}

const fill = (text, form) => text.replace("{name}", form.elements.person?.value ?? "");
