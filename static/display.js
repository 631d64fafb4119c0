/* The waiting room's display: what may be old is not shown. It asks every five seconds; where three of these bring no numbers, it says so
   instead until they are here again. A clock and not an error decides, so that a line that only hangs counts too. */
"use strict";

(() => {
  const LONGEST = 15000;
  let fresh = Date.now();
  const tell = () => document.body.classList.toggle("is-stale", Date.now() - fresh > LONGEST);
  /* Whatever else was answered (a proxy's page, an error) is not for a waiting room, and does not take the place of what asks again. */
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status === 200 && /^\s*<div id="called"/.test(detail.serverResponse)) fresh = Date.now();
    else detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", tell);
  setInterval(tell, 1000);
})();
