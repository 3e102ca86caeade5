// In the browser: another token for the bell when its own has expired.
const PAUSE_MS = 5000;
let pending = false; // for a while: both elements ask, and a hub that refuses a new token will refuse the next

document.addEventListener("notification-token-needed", async function renew({ target }) {
  if (pending) return;
  pending = true;
  const answer = await fetch("/token", { method: "POST" }).catch(() => null);
  if (answer?.ok) target.setAttribute("token", await answer.text());
  setTimeout(() => {
    pending = false;
    if (!answer) renew({ target });
  }, PAUSE_MS);
});
