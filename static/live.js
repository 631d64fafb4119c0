/* The bell: told that something changed, the page asks again for its own parts. One stream, and only in the tab that is looked at,
   because a browser opens six connections to a clinic and a desk keeps more tabs than that. */
"use strict";

(() => {
  const address = document.body.dataset.live;
  if (!address) return;
  let stream = null;
  let poll = null;
  let minute = null;

  /* A desk that nobody has touched for a quarter of an hour is not kept signed in by its own clock. */
  let touched = Date.now();
  ["pointermove", "pointerdown", "keydown"].forEach((each) => document.addEventListener(each, () => { touched = Date.now(); }, { passive: true }));

  const topics = () => {
    const said = [...document.querySelectorAll("[hx-trigger*='live:']")].flatMap((each) => each.getAttribute("hx-trigger").match(/live:[\w-]+/g) || []);
    return [...new Set(said)];
  };
  /* What the page asks by itself says so, and does not pass for somebody being there. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.triggeringEvent?.type.startsWith("live:")) detail.headers["Clinic-Live"] = "1";
  });
  const ring = (event) => window.htmx && window.htmx.trigger(document.body, event);
  const ringAll = () => topics().forEach(ring);

  /* Many bells at once (a long import, a busy minute) ask once for each topic. */
  const waiting = new Set();
  const ringSoon = (event) => {
    if (waiting.has(event)) return;
    waiting.add(event);
    setTimeout(() => { waiting.delete(event); ring(event); }, 80);
  };

  const stop = () => {
    if (stream) stream.close();
    clearInterval(poll);
    clearInterval(minute);
    stream = poll = minute = null;
  };
  const start = () => {
    if (stream || poll || document.hidden || !topics().length) return;
    /* How late somebody is, and how long they wait, grows without a bell. */
    minute = setInterval(() => { if (Date.now() - touched < 900000) ringAll(); }, 60000);
    let heard = false;
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      if (heard) ringAll();
      heard = true;
    });
    stream.addEventListener("message", (event) => {
      const { topic } = JSON.parse(event.data);
      if (topic === "*") topics().forEach(ringSoon);
      else if (topic) ringSoon(`live:${topic}`);
    });
    /* A refused stream (503: too many are open) closes for good: ask every 20 seconds, and try the stream again each fifth time. */
    stream.addEventListener("error", () => {
      if (!stream || stream.readyState !== EventSource.CLOSED) return;
      stop();
      let times = 0;
      poll = setInterval(() => {
        ringAll();
        times += 1;
        if (times % 5 === 0) { stop(); start(); }
      }, 20000);
    });
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop();
    else { ringAll(); start(); }
  });
  window.addEventListener("pagehide", stop);
  document.addEventListener("submit", (event) => { if (event.target.hasAttribute("data-sign-out")) stop(); });
  start();
})();
