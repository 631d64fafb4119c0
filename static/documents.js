/* Sends files one by one and in parts: with a line for each, and on from where it broke off. Without this script the form sends all at once.
   <form class="send-files" data-begin data-part ...>; the answers are JSON: {state, received, send, ask, problem?, form?} or {error}. */
"use strict";

document.querySelectorAll("form.send-files").forEach((form) => {
  const said = form.dataset;
  const PART = Number(said.part);
  const list = form.querySelector(".sendings");
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const drop = form.querySelector(".drop");
  const waiting = [];
  let busy = 0;

  const token = () => form.querySelector("input[name=csrf_token]").value;
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const size = (bytes) => (bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`);

  class Refused extends Error {}

  const ask = async (address, options) => {
    const answer = await fetch(address, { headers: { Accept: "application/json", "X-CSRFToken": token(), ...(options && options.live ? { "Clinic-Live": "1" } : {}) }, ...options });
    if (answer.status === 401) throw new Refused(said.signedOut);
    const told = (answer.headers.get("Content-Type") || "").startsWith("application/json") ? await answer.json() : null;
    if (answer.ok || (answer.status === 409 && told && "received" in told)) return told;
    /* Busy, away or full: it may be otherwise in a moment. Anything else stays as it is. */
    if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
    throw new Refused((told && told.error) || said.trouble);
  };

  /* What a file's two ends say of it: chosen again, the same file goes on where it stopped. Only where the browser may reckon so. */
  const fingerprint = async (file) => {
    if (!window.crypto || !crypto.subtle) return "";
    const ends = new Blob([file.slice(0, 262144), file.slice(-262144), `${file.size} ${file.lastModified} ${file.name}`]);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await ends.arrayBuffer()));
    return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const line = (file) => {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const state = document.createElement("span");
    const bar = document.createElement("progress");
    const stop = document.createElement("button");
    name.className = "sending-name";
    name.textContent = file.name;
    state.className = "sending-state quiet";
    state.textContent = said.waiting;
    bar.max = Math.max(file.size, 1);
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    stop.type = "button";
    stop.className = "btn btn-quiet";
    stop.textContent = said.stop;
    row.append(name, bar, state, stop);
    list.append(row);
    list.hidden = false;
    return { row, state, bar, stop, stopped: false };
  };

  const begin = async (job) => {
    const words = new FormData();
    new FormData(form).forEach((value, name) => { if (typeof value === "string" && name !== "idempotency_key") words.append(name, value); });
    if (job.many) words.delete("title");
    words.append("name", job.file.name);
    words.append("size", job.file.size);
    words.append("fingerprint", await fingerprint(job.file));
    return ask(said.begin, { method: "POST", body: words });
  };

  const part = async (job, told) => {
    const body = job.file.slice(told.received, told.received + PART);
    if (!told.form) return ask(`${told.send}?offset=${told.received}`, { method: "POST", body, headers: { Accept: "application/json", "Content-Type": "application/octet-stream", "X-CSRFToken": token() } });
    const [address, fields] = told.form;
    const posted = new FormData();
    Object.entries(fields).forEach(([name, value]) => posted.append(name, value));
    posted.append("file", body);
    const answer = await fetch(address, { method: "POST", body: posted });
    if (!answer.ok) throw new Error(answer.status);
    return ask(`${told.send}?offset=${told.received}&kept=1`, { method: "POST" });
  };

  const send = async (job) => {
    const { bar, state } = job.line;
    let told = null;
    let tries = 0;
    while (!job.line.stopped) {
      try {
        told = told ? await ask(told.ask, { live: true }) : await begin(job);
        while (told.state === "sending" && !job.line.stopped) {
          bar.value = told.received;
          state.textContent = said.sending.replace("{done}", size(told.received)).replace("{size}", size(job.file.size));
          const next = await part(job, told);
          told = told.form ? await ask(told.ask) : { ...told, received: next.received, state: next.received < job.file.size ? "sending" : "checking" };
          tries = 0;
        }
        if (told.state === "ready") return told;
        if (told.state === "refused") throw new Refused(told.problem);
        if (!job.line.stopped) {
          bar.value = bar.max;
          state.textContent = said.checking;
          job.line.stop.hidden = true;
          await pause(Math.min(500 * 1.5 ** tries, 5000));
          tries += 1;
        }
      } catch (error) {
        if (error instanceof Refused) throw error;
        state.textContent = said.again;
        await pause(Math.min(1000 * 2 ** tries, 15000));
        tries += 1;
      }
    }
    throw new Refused(said.stopped);
  };

  const run = async (job) => {
    const { row, state, stop, bar } = job.line;
    stop.hidden = false;
    stop.textContent = said.stop;
    stop.onclick = () => { job.line.stopped = true; };
    try {
      await send(job);
      state.textContent = said.ready;
      stop.hidden = true;
      row.classList.add("sending-done");
    } catch (error) {
      state.textContent = error.message || said.trouble;
      row.classList.add("sending-wrong");
      bar.hidden = true;
      stop.hidden = false;
      stop.textContent = said.goOn;
      stop.onclick = () => {
        job.line.stopped = false;
        row.classList.remove("sending-wrong");
        bar.hidden = false;
        waiting.push(job);
        next();
      };
    }
  };

  /* One after the other: the line is the same, and a phone's memory too. What is ready shows in the list of the page. */
  const next = async () => {
    if (busy || !waiting.length) return;
    busy = 1;
    while (waiting.length) await run(waiting.shift());
    busy = 0;
    refresh();
  };

  const refresh = async () => {
    const place = document.getElementById("documents");
    try {
      const page = await (await fetch(window.location.href, { headers: { "Clinic-Live": "1" } })).text();
      const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("documents");
      if (fresh && place) {
        place.replaceWith(fresh);
        if (window.htmx) window.htmx.process(fresh);
      }
    } catch (_) { /* The list is as old as the page, which the next click renews. */ }
  };

  const take = (files) => {
    const many = files.length > 1;
    files.forEach((file) => waiting.push({ file, many, line: line(file) }));
    next();
  };

  form.addEventListener("submit", (event) => {
    const files = inputs.flatMap((input) => [...input.files]);
    if (!files.length || !window.fetch) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!form.reportValidity()) return;
    inputs.forEach((input) => { input.value = ""; });
    take(files);
  }, true);

  const here = form.querySelector(".drop-here");
  here.hidden = false;
  ["dragenter", "dragover"].forEach((each) => drop.addEventListener(each, (event) => { event.preventDefault(); drop.classList.add("drop-over"); }));
  ["dragleave", "drop"].forEach((each) => drop.addEventListener(each, () => drop.classList.remove("drop-over")));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    if (files.length && form.reportValidity()) take(files);
  });
  /* A picture that was just taken is meant to be sent. */
  form.querySelector("#camera").addEventListener("change", (event) => { if (event.target.files.length) form.requestSubmit(); });
  window.addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
});
