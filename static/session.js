/* How long the sign-in lasts: a warning before it ends, and a curtain afterwards behind which everything typed stays.
   The server decides; this page only asks it, in a way that does not extend anything. */
"use strict";

(() => {
  const soon = document.getElementById("session-soon");
  const over = document.getElementById("session-over");
  if (!soon || !over) return;
  const { person, left, stay } = soon.dataset;
  const WARN = 120000;
  const count = soon.querySelector(".session-count");
  let idle = Date.now() + soon.dataset.idle * 1000;
  let ends = Date.now() + soon.dataset.ends * 1000;
  let typed = 0;
  let asked = 0;
  document.addEventListener("input", () => { typed = Date.now(); }, { passive: true });

  const heard = (told) => {
    if (told.person !== person) return false;
    idle = Date.now() + told.idle * 1000;
    ends = Date.now() + told.ends * 1000;
    document.querySelectorAll("input[name=csrf_token]").forEach((each) => { each.value = told.csrf; });
    return true;
  };
  const ask = async () => heard(await (await fetch(left, { headers: { "Clinic-Live": "1" } })).json());
  const goOn = async () => {
    const body = new URLSearchParams({ csrf_token: document.querySelector("input[name=csrf_token]").value });
    const answer = await fetch(stay, { method: "POST", body, headers: { "HX-Request": "true" } });
    return answer.ok && heard(await answer.json());
  };

  const cover = () => {
    if (soon.open) soon.close();
    if (!over.open) over.showModal();
  };
  const warn = () => {
    const lasting = ends <= idle ? "ends" : "idle";
    soon.querySelectorAll("[data-why]").forEach((each) => { each.hidden = each.dataset.why !== lasting; });
    count.textContent = count.dataset.words.replace("{n}", Math.max(0, Math.ceil((Math.min(idle, ends) - Date.now()) / 1000)));
    if (!soon.open && !soon.dataset.seen) soon.showModal();
  };
  const near = () => Math.min(idle, ends) - Date.now() < WARN;

  /* Another tab may have kept the sign-in alive, so nothing is said before the server was asked. */
  const look = async () => {
    if (over.open || document.hidden || !near()) {
      if (soon.open && !near()) soon.close();
      return;
    }
    try {
      if (Date.now() - asked > 10000) {
        asked = Date.now();
        if (!(await ask())) return cover();
        if (near() && idle < ends && Date.now() - typed < 60000) await goOn();
      }
      if (Math.min(idle, ends) <= Date.now()) asked = 0;
      else if (near()) warn();
      else if (soon.open) soon.close();
    } catch (_) { /* No line: clinic.js says so at the next click; the server ends the sign-in by itself. */ }
  };
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);

  soon.addEventListener("close", async () => {
    if (over.open) return;
    if (ends <= idle) soon.dataset.seen = "yes";
    else if (near() && !(await goOn())) cover();
  });
  over.addEventListener("cancel", (event) => event.preventDefault());
  over.querySelector("button").addEventListener("click", async () => {
    if (await ask()) over.close();
    else over.querySelector(".session-not-yet").hidden = false;
  });
  /* What is looked up while somebody types must not take them away from what they typed. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.triggeringEvent?.type === "input") detail.headers["Clinic-Live"] = "1";
  });
  /* A page that sends by itself (note.js) was not let in. */
  document.addEventListener("clinic:signed-out", cover);
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status === 401 && !detail.xhr.getResponseHeader("HX-Redirect")) cover();
  });
})();
