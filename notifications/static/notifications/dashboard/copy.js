// A button that copies the text of another element, where the browser lets a page do that; the status after
// it says that it did.

for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.nextElementSibling.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(source); // to be copied by hand
    }
  });
}
