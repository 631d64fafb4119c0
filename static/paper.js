// The button that opens the browser's own dialogue for printing; without script people use the browser's menu.
"use strict";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
