/* What htmx cannot do: a steady focus, kind messages, and a keyboard's way through the desk. Every page works without it. */
"use strict";

const field = (element) => element && element.matches("input:not([type=hidden]), textarea, select");
const focusables = (root) => [...root.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];

/* Who looks for somebody changes nothing: a search may be sent again before its answer is there. */
const looks = (element) => Boolean(element.closest("search, [role=search], [data-looks]"));

/* The answer to a search takes the address a GET opens, so that going back or loading again asks nothing. */
if (document.body.dataset.address) history.replaceState(null, "", document.body.dataset.address);

/* A form is sent once; the browser's back button gives its buttons back. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-sign-out")) {
    sessionStorage.clear();
    localStorage.clear();
  }
  if (form.method !== "post" || form.closest("[hx-post]") === form || looks(event.submitter || form)) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-busy", "true"));
});

/* htmx: while a form's request runs, its buttons wait; aria-disabled keeps the focus where it is. */
const sender = (event) => (event.detail.requestConfig.verb === "get" || looks(event.detail.elt) ? null : event.detail.elt.closest("form"));
const wait = (form, busy) => {
  form.querySelectorAll("button").forEach((button) => {
    if (busy) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  });
};
const sent = new Map();
const end = (xhr) => {
  const form = sent.get(xhr);
  if (sent.delete(xhr)) wait(form, false);
  return form;
};
document.addEventListener("htmx:beforeRequest", (event) => {
  if (sender(event)?.querySelector("button[aria-busy]")) event.preventDefault();
});
/* Only what is really sent makes them wait, until it ends: also where it is given up, and whoever sent it left the page. */
document.addEventListener("htmx:beforeSend", (event) => {
  const form = sender(event);
  if (!form) return;
  wait(form, true);
  sent.set(event.detail.xhr, form);
  event.detail.xhr.addEventListener("loadend", () => end(event.detail.xhr));
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = end(detail.xhr);
  if (detail.successful) renew(form);
});

/* Signed in anew in another window: the forms on this page get the token that counts now, and keep what is typed. */
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const token = detail.xhr.getResponseHeader("Clinic-Csrf");
  if (token) document.querySelectorAll("input[name=csrf_token]").forEach((each) => { each.value = token; });
});

/* A form that was done and stays on the page is another one from now on; one that was not may be sent again as it is. */
const renew = (form) => {
  const key = form?.isConnected && form.querySelector("input[name=idempotency_key]");
  if (!key) return;
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  key.value = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

/* An answer that is not ours (a proxy's page, a broken line) never lands on the page; a sentence does. */
const say = (id) => {
  const place = document.getElementById("messages");
  const words = document.getElementById(id);
  if (place && words) place.replaceChildren(words.content.cloneNode(true));
  dressMessages();
};
document.addEventListener("htmx:sendError", () => say("trouble-line"));
document.addEventListener("htmx:timeout", () => say("trouble-line"));

/* A part that changes by itself keeps what the person holds: typed words stay, and so do the focus and open menus. */
const live = (detail) => {
  const cause = detail.requestConfig && detail.requestConfig.triggeringEvent;
  return Boolean(cause && cause.type.startsWith("live:"));
};
const place = (element) => {
  const owner = element.closest("[id]");
  return owner && { id: owner.id, nth: owner === element ? -1 : focusables(owner).indexOf(element) };
};
/* What is written, ticked or chosen and not sent yet, wherever the focus is. */
const isTyped = (each) => {
  if (each.matches("[type=checkbox], [type=radio]")) return each.checked !== each.defaultChecked;
  if (!each.matches("select")) return each.value !== each.defaultValue;
  const options = [...each.options];
  if (each.multiple) return options.some((option) => option.selected !== option.defaultSelected);
  return each.selectedOptions[0] !== (options.find((option) => option.defaultSelected) || options[0]);
};
const typedIn = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].filter(isTyped);
/* The same field in what comes instead: of the same id, else of the same name in the form that goes to the same address. */
const twin = (root, each) => {
  if (each.matches("[type=file], select[multiple]")) return null;
  const address = each.form?.getAttribute("action");
  const found = each.id ? [root.querySelector(`#${CSS.escape(each.id)}`)].filter(Boolean)
    : address ? [...root.querySelectorAll(`[name="${CSS.escape(each.name)}"]`)].filter((other) => other.form?.getAttribute("action") === address) : [];
  const holds = (other) => (each.matches("select") ? [...other.options].some((option) => option.value === each.value)
    : !each.matches("[type=checkbox], [type=radio]") || other.value === each.value);
  return found.find((other) => other.type === each.type && holds(other));
};
/* What stays in a part that changes: by itself, all of it; at the person's own press, what they wrote in other forms than the one they sent. */
const staying = (detail) => {
  if (live(detail)) return typedIn(detail.target);
  const { verb = "get", elt } = detail.requestConfig || {};
  const sent = elt?.closest("form");
  return verb === "get" || !sent ? [] : typedIn(detail.target).filter((each) => each.form && each.form !== sent);
};
let typed = [];
document.addEventListener("htmx:afterSwap", () => {
  typed.forEach((each) => {
    const there = twin(document, each);
    if (there && each.matches("[type=checkbox], [type=radio]")) there.checked = each.checked;
    else if (there) there.value = each.value;
  });
  typed = [];
});
/* While somebody's press in it is being answered, it waits: the answer, with what it says and its undo, belongs to what was pressed. */
const running = new Map();
const late = new Set();
const waits = (part) => [...running.values()].some((each) => part.contains(each));
document.addEventListener("htmx:beforeSend", ({ detail }) => { if (!live(detail)) running.set(detail.xhr, detail.elt); });
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!running.delete(detail.xhr)) return;
  late.forEach((bell) => window.htmx.trigger(document.body, bell));
  late.clear();
});
const find = (held) => {
  const owner = held && document.getElementById(held.id);
  return owner && (held.nth < 0 ? owner : focusables(owner)[held.nth]);
};
let held = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  /* Signed out meanwhile: session.js covers the page and keeps it. */
  if (detail.xhr.status === 401) {
    detail.shouldSwap = false;
    return;
  }
  if (detail.isError && detail.xhr.status !== 409 && detail.xhr.status !== 422 && !detail.serverResponse.includes('id="messages"')) {
    detail.shouldSwap = false;
    say("trouble-server");
    return;
  }
  /* An answer that is only messages (a refusal) belongs to their place, whichever part asked. */
  if (/^\s*<div id="messages"/.test(detail.serverResponse || "") && detail.target.id !== "messages") {
    detail.target = document.getElementById("messages");
    detail.swapOverride = "outerHTML";
  }
  if (live(detail) && waits(detail.target)) {
    detail.shouldSwap = false;
    late.add(detail.requestConfig.triggeringEvent.type);
    return;
  }
  const now = document.activeElement;
  const inside = detail.target.contains(now) && now !== document.body;
  const kept = staying(detail);
  const instead = live(detail) && kept.length ? new DOMParser().parseFromString(detail.serverResponse, "text/html") : null;
  /* Where there is no place for it any more, the part waits for whoever wrote it. */
  const hold = live(detail) && (inside && field(now) && now.value ? now : kept.find((each) => !twin(instead, each)));
  if (hold) {
    const bell = detail.requestConfig.triggeringEvent.type;
    detail.shouldSwap = false;
    /* A press takes the focus away before it is done: it is let finish on the button it began on. */
    hold.addEventListener("blur", () => setTimeout(() => window.htmx.trigger(document.body, bell), 400), { once: true });
    return;
  }
  typed = kept;
  held = {
    focus: inside ? place(now) : null,
    /* Where the form they sent is gone they go on from the top of the part, and press nothing of somebody else's. */
    part: inside ? { id: detail.target.id, nth: -1 } : null,
    open: live(detail) ? [...detail.target.querySelectorAll("details[open]")].map((each) => place(each.querySelector("summary"))) : [],
    scroll: [...detail.target.querySelectorAll(".board[id]"), detail.target].filter((each) => each.id && each.scrollLeft + each.scrollTop)
      .map((each) => [each.id, each.scrollLeft, each.scrollTop]),
  };
});
document.addEventListener("htmx:afterSettle", () => {
  const summary = document.querySelector(".error-summary");
  if (held) {
    held.open.map(find).filter(Boolean).forEach((each) => { each.closest("details").open = true; });
    held.scroll.forEach(([id, left, top]) => document.getElementById(id)?.scrollTo(left, top));
  }
  if (summary && !summary.dataset.seen) {
    summary.dataset.seen = "yes";
    summary.focus();
  } else if (held && document.activeElement === document.body) {
    (find(held.focus) || find(held.part))?.focus({ preventScroll: true });
  }
  held = null;
  dressMessages();
});

/* Messages at the desk can be put away; good news leaves by itself once nobody points at it. */
function dressMessages() {
  document.querySelectorAll(".toasts .message:not([data-dressed])").forEach((message) => {
    message.dataset.dressed = "yes";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "message-close";
    close.setAttribute("aria-label", document.body.dataset.close || "Close");
    close.textContent = "×";
    close.addEventListener("click", () => message.remove());
    message.append(close);
    if (!message.matches(".message-success, .message-info") || message.querySelector("form")) return;
    const leave = () => (message.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : message.remove());
    setTimeout(leave, 12000);
  });
}

/* Keyboard: "/" finds a patient, arrows walk through those found, Escape closes what is open. */
const results = () => document.getElementById("patient-search-results");
document.addEventListener("keydown", (event) => {
  const search = document.getElementById("patient-search");
  const now = document.activeElement;
  if (event.key === "/" && search && !field(now) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "Escape") {
    document.querySelectorAll("details[name=top][open], details.menu[open]").forEach((each) => {
      const had = each.contains(now);
      each.open = false;
      if (had) each.querySelector("summary").focus();
    });
    if (results()?.contains(now)) search.focus();
    if (results()) results().replaceChildren();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && search) walk(event, search, now);
  else if (event.key === "Enter" && now === search && results()?.querySelectorAll("li").length === 1) {
    event.preventDefault();
    results().querySelector("a").click();
  }
});
function walk(event, search, now) {
  const stops = [search, ...results().querySelectorAll("a[href], button")];
  const at = stops.indexOf(now);
  if (at < 0 || stops.length < 2) return;
  event.preventDefault();
  const step = event.key === "ArrowDown" ? 1 : -1;
  stops[(at + step + stops.length) % stops.length].focus();
}
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.person[open], details.menu[open]").forEach((each) => {
    if (!each.contains(event.target)) each.open = false;
  });
  if (results() && !event.target.closest(".finder")) results().replaceChildren();
});

/* <span class="countdown" data-until="2026-09-15T09:20:00Z" data-minutes="{n} min left" data-seconds="{n} s left" data-over="…"> */
function tick() {
  document.querySelectorAll("[data-until]").forEach((each) => {
    const left = Math.ceil((Date.parse(each.dataset.until) - Date.now()) / 1000);
    const { minutes = "{n} min left", seconds = "{n} s left", over = "The time has run out" } = each.dataset;
    const words = left <= 0 ? over : left < 60 ? seconds.replace("{n}", left) : minutes.replace("{n}", Math.ceil(left / 60));
    if (each.textContent !== words) each.textContent = words;
    each.classList.toggle("countdown-over", left <= 0);
  });
}
if (document.querySelector("[data-until]")) {
  tick();
  setInterval(tick, 1000);
}

dressMessages();
document.querySelector(".error-summary")?.focus();
