// One small comfort: "Copy" buttons put a text into the clipboard. Without scripts they are not there at all.
"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = source.value === undefined ? source.textContent : source.value;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = button.dataset.done;
    } catch {
      if (source.select) source.select();
    }
  });
}
