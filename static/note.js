/* The note saves itself a moment after the last key: one sending at a time, again and again until the line is back.
   The fields are never written over; what could not be saved stays in them, and on the tab's shelf (note_shelf.js). */
"use strict";

(() => {
  const PARTS = ["complaints", "diagnosis", "treatment", "notes"];
  const PAUSE = 1200;
  const BEAT = 20000;
  const LONGEST_WAIT = 30000;
  let form = null;
  let shelf = null;
  let saved = "";
  let sending = false;
  let stopped = false;
  let wait = 0;
  let timer = null;

  const says = () => ({
    ...Object.fromEntries(PARTS.map((each) => [each, form.elements[each].value])),
    diagnosis_codes: [...form.querySelectorAll("input[name=diagnosis_codes]:checked")].map((each) => each.value),
  });
  const dirty = () => form !== null && JSON.stringify(says()) !== saved;
  const tell = (what) => {
    const line = document.getElementById("note-line");
    line.hidden = !what;
    const words = what ? line.dataset[what] : "";
    if (line.textContent !== words) line.textContent = words;
  };
  const show = (part) => {
    const state = document.getElementById("note-state");
    if (state.innerHTML === part.innerHTML) return;
    state.replaceWith(part);
    window.htmx?.process(part);
  };
  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(send, delay);
  };
  const again = (what) => {
    tell(what);
    wait = Math.min(wait ? wait * 2 : 2000, LONGEST_WAIT);
    later(wait);
  };
  const ask = async (address, more = {}) => {
    const body = new FormData(form);
    Object.entries(more).forEach(([name, value]) => body.set(name, value));
    const headers = { "HX-Request": "true", "Clinic-Live": "1" };
    const answer = await fetch(address, { method: "POST", body, headers, signal: AbortSignal.timeout(15000) });
    const token = answer.headers.get("Clinic-Csrf");
    if (token) document.querySelectorAll("input[name=csrf_token]").forEach((each) => { each.value = token; });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return { answer, part: page.getElementById("note-state"), token };
  };

  const send = async () => {
    if (sending || stopped || !dirty()) return;
    const mine = form;
    const said = JSON.stringify(says());
    form.elements.number.value = Number(form.elements.number.value) + 1;
    sending = true;
    try {
      const heard = await ask(form.dataset.autosave);
      if (mine === form) hear(heard, said);
    } catch (_) {
      if (mine === form) again("offline");
    } finally {
      sending = false;
    }
  };
  const hear = ({ answer, part, token }, said) => {
    if (answer.status === 401) {
      tell("out");
      document.dispatchEvent(new CustomEvent("clinic:signed-out"));
    } else if (answer.ok && part) {
      form.elements.version.value = part.dataset.version;
      form.elements.resumes.value = "";
      saved = said;
      wait = 0;
      tell("");
      show(part);
      if (dirty()) later(PAUSE);
      else shelf.drop();
    } else if (part) {
      /* Somebody else wrote: the person decides. Anything else that was refused is tried again with the next words. */
      stopped = part.dataset.state === "changed";
      tell("");
      show(part);
      if (stopped) part.scrollIntoView({ block: "nearest" });
    } else again(token ? "" : "trouble");
  };
  const beat = async () => {
    if (!form || sending || stopped || document.hidden) return;
    try {
      const { answer, part } = await ask(form.dataset.beat);
      if (answer.ok && part && !sending && !stopped) show(part);
    } catch (_) { /* No line: the next words say so. */ }
  };

  const changed = () => {
    const { page, number, version, resumes } = form.elements;
    if (!dirty()) return shelf.drop();
    const named = [...form.querySelectorAll("input[name=diagnosis_codes]")].map((each) => [each.value, each.labels[0].lastChild.textContent]);
    shelf.put({ words: says(), named, page: resumes.value || page.value, number: number.value, version: version.value });
    if (!stopped) later(PAUSE);
    return undefined;
  };
  const add = (code, words) => {
    const id = `code-${code}`;
    if (!document.getElementById(id)) {
      const line = document.createElement("div");
      line.className = "choice";
      const box = Object.assign(document.createElement("input"), { type: "checkbox", className: "form-check-input", name: "diagnosis_codes", id, value: code, checked: true });
      const label = Object.assign(document.createElement("label"), { htmlFor: id });
      label.append(Object.assign(document.createElement("strong"), { textContent: code }), ` ${words}`);
      line.append(box, label);
      document.getElementById("note-codes-chosen").append(line);
    }
    document.getElementById(id).checked = true;
    changed();
  };
  const restore = async () => {
    const mine = form;
    const kept = await shelf.take();
    if (!kept || mine !== form || dirty()) return;
    if (JSON.stringify(kept.words) === saved) {
      shelf.drop();
      return;
    }
    form.elements.version.value = kept.version;
    form.elements.resumes.value = kept.page;
    PARTS.forEach((each) => { form.elements[each].value = kept.words[each]; });
    form.querySelectorAll("input[name=diagnosis_codes]").forEach((each) => { each.checked = false; });
    const named = Object.fromEntries(kept.named);
    kept.words.diagnosis_codes.forEach((each) => add(each, (named[each] || "").trim()));
    tell("restored");
    send();
  };

  /* A form comes anew when htmx draws it again: after a refusal, with what was typed in it and not saved. */
  const begin = () => {
    const found = document.getElementById("note-form");
    if (found === form) return;
    const before = form && saved;
    form = found;
    if (!form) return;
    shelf = noteShelf(form.dataset.visit, form.dataset.shelf);
    saved = before ?? JSON.stringify(says());
    stopped = document.getElementById("note-state").dataset.state === "changed";
    form.querySelectorAll("[data-without-script]").forEach((each) => { each.hidden = true; });
    if (before === null) restore();
    beat();
  };
  const inNote = (element) => form !== null && form.contains(element);

  document.addEventListener("input", (event) => { if (inNote(event.target) && event.target.name !== "q") changed(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.id === "q") event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-code], [data-verb], [data-drop]");
    if (!button || !inNote(button)) return;
    if (button.dataset.code) {
      event.preventDefault();
      add(button.dataset.code, button.dataset.words);
    } else if (button.dataset.verb) {
      clearTimeout(timer);
      form.elements.number.value = Number(form.elements.number.value) + 1;
    } else {
      saved = JSON.stringify(says());
      shelf.drop();
    }
  });
  /* What was pressed for is done: nothing is left to save before the page goes on. */
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful || !detail.elt.dataset.verb || !inNote(detail.elt)) return;
    saved = JSON.stringify(says());
    stopped = true;
    shelf.drop();
  });
  document.addEventListener("htmx:afterSettle", begin);
  document.addEventListener("visibilitychange", () => { if (document.hidden) send(); else beat(); });
  window.addEventListener("online", () => { wait = 0; send(); });
  window.addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });
  window.addEventListener("pagehide", () => {
    if (!form) return;
    const leaving = new FormData();
    ["csrf_token", "page", "writer"].forEach((each) => leaving.set(each, form.elements[each].value));
    leaving.set("leaves", "yes");
    navigator.sendBeacon(form.dataset.beat, leaving);
  });
  /* Behind the curtain the words waited; the person is back. */
  document.getElementById("session-over")?.addEventListener("close", () => { wait = 0; send(); });
  setInterval(beat, BEAT);
  begin();
})();
