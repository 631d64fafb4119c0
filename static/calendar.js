/* The calendar: arrows from quarter to quarter, the drawer beside it, and visits that are carried to another time by the
   mouse or by the keyboard. Every control is a link or a form that works without it; the server says what may be. */
"use strict";

(() => {
  const MINUTE = 60000;
  const wide = window.matchMedia("(min-width: 54.01rem)");
  const part = () => document.getElementById("calendar");
  const board = () => document.getElementById("calendar-board");
  const box = document.getElementById("drawer-box");
  const said = document.getElementById("calendar-said");
  const tools = document.querySelector(".calendar-tools");
  const lanes = () => [...document.querySelectorAll(".calendar-lane")];
  const stops = (lane) => [...lane.querySelectorAll(".lane a[id]")];
  const say = (words) => { if (said) said.textContent = words; };
  const typing = (element) => element && element.matches("input, textarea, select, [contenteditable]");

  /* One of the many links is a stop of the Tab key; arrows lead to the others. On a narrow screen it is a list like any other. */
  let here = null;
  const rove = () => {
    if (!board()) return;
    const all = lanes().flatMap(stops);
    const one = wide.matches ? document.getElementById(here) || all[0] : null;
    all.forEach((each) => {
      if (one && each !== one) each.tabIndex = -1;
      else each.removeAttribute("tabindex");
    });
  };
  document.addEventListener("focusin", ({ target }) => {
    if (!target.id || !target.closest(".lane")) return;
    const before = document.getElementById(here);
    if (before && before !== target && wide.matches) before.tabIndex = -1;
    here = target.id;
    target.removeAttribute("tabindex");
  });
  const middle = (element) => { const place = element.getBoundingClientRect(); return place.top + Math.min(place.height, 24) / 2; };
  const nearest = (found, height) => found.reduce((best, each) => (!best || Math.abs(middle(each) - height) < Math.abs(middle(best) - height) ? each : best), null);
  const beside = (lane, step) => {
    const all = lanes();
    for (let at = all.indexOf(lane) + step; all[at]; at += step) if (stops(all[at]).length) return all[at];
    return null;
  };
  const next = (from, key) => {
    const lane = from.closest(".calendar-lane");
    const own = stops(lane);
    if (key === "ArrowUp" || key === "ArrowDown") return own[own.indexOf(from) + (key === "ArrowUp" ? -1 : 1)];
    if (key === "Home" || key === "End") return key === "Home" ? own[0] : own[own.length - 1];
    const other = beside(lane, key === "ArrowLeft" ? -1 : 1);
    return other && nearest(stops(other), middle(from));
  };

  /* The drawer: a link of the calendar opens beside it; whatever is done there comes back into the calendar. */
  let origin = null;
  const open = (href) => window.htmx.ajax("GET", href, { target: "#drawer", swap: "outerHTML" });
  const plain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#calendar a, #drawer-box a");
    if (!box || !link || !plain(event) || !/^\/staff\/(drawer|moving)\b/.test(link.pathname) || event.defaultPrevented) return;
    event.preventDefault();
    if (!box.open) origin = { id: link.id, lane: lanes().indexOf(link.closest(".calendar-lane")), height: middle(link) };
    open(link.href);
  });
  const back = () => {
    const lane = origin && lanes()[origin.lane];
    const found = origin && (document.getElementById(origin.id) || (lane && nearest(stops(lane), origin.height)));
    if (found && (document.activeElement === document.body || !document.activeElement)) found.focus({ preventScroll: true });
  };
  const finish = (drawer) => {
    const visit = drawer.dataset.done;
    delete drawer.dataset.done;
    if (box.open) box.close();
    wanted = visit;
    /* The bell brings the calendar anew; where it is not heard, the page asks by itself. */
    const before = part();
    setTimeout(() => { if (part() === before && !asking) window.htmx.trigger(document.body, "live:visits"); }, 1500);
  };
  let wanted = null;
  let asking = false;
  document.addEventListener("htmx:beforeSend", ({ detail }) => { if (detail.target === part()) asking = true; });
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.target.id === "calendar") asking = false; });
  document.addEventListener("htmx:afterSettle", () => {
    const drawer = document.getElementById("drawer");
    if (box && drawer?.dataset.done) finish(drawer);
    else if (box && drawer?.childElementCount && !box.open && drawer.classList.contains("drawer-part")) box.showModal();
    rove();
  });
  box?.addEventListener("close", () => {
    document.getElementById("drawer").replaceChildren();
    document.getElementById("drawer").removeAttribute("class");
    back();
  });
  box?.addEventListener("click", (event) => { if (event.target === box) box.close(); });

  /* The calendar comes anew by itself: it stays where it was scrolled to, and so does the focus. */
  let scrolled = null;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target === part() && board()) scrolled = [board().scrollLeft, board().scrollTop];
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (scrolled && board()) board().scrollTo(...scrolled);
    if (scrolled && wanted) document.querySelector(`.lane a[href="/staff/moving/${wanted}"]`)?.focus({ preventScroll: true });
    if (scrolled) { wanted = null; back(); }
    scrolled = null;
  });
  document.addEventListener("htmx:beforeRequest", (event) => { if (carried && event.detail.target === part()) event.preventDefault(); });

  /* What time so many minutes below the top of a lane are, for people and for the server. */
  const clock = (lane, below) => {
    const { begins, from, zone, locale } = board().dataset;
    if (!lane.dataset.date) return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(Date.parse(begins) + below * MINUTE);
    const minutes = Number(from) * 5 + below;
    return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  };
  const wish = (lane, below) => {
    const whose = lane.dataset.provider ? { provider_id: lane.dataset.provider } : {};
    if (lane.dataset.room) Object.assign(whose, { wanted_room: lane.dataset.room });
    if (lane.dataset.date) return { ...whose, on_date: lane.dataset.date, at_time: clock(lane, below) };
    return { ...whose, starts_at: new Date(Date.parse(board().dataset.begins) + below * MINUTE).toISOString().replace(".000Z", "Z") };
  };
  const name = (lane) => lane.querySelector("h2").textContent.trim();

  /* Carrying a visit: a mark shows where it would be put down. That is at a quarter, or on the very minute it came from,
     so that who carries it to another doctor or room, or back, changes nothing else. */
  let carried = null;
  const below = () => carried.line * 5 + (carried.line === carried.home[1] ? Number(carried.face.dataset.past) : 0);
  const nearestStop = (line) => {
    const quarter = Math.round(line / 3) * 3, own = carried.home[1];
    return Math.abs(line - own) <= Math.abs(line - quarter) ? own : quarter;
  };
  const nextStop = (line, step) => {
    const quarter = step < 0 ? Math.ceil(line / 3) * 3 - 3 : Math.floor(line / 3) * 3 + 3, own = carried.home[1];
    return (own - line) * step > 0 && (quarter - own) * step > 0 ? own : quarter;
  };
  const lift = (face, offset) => {
    const tile = face.closest(".tile");
    carried = { face, tile, offset, lane: tile.closest(".calendar-lane"), line: Number(face.dataset.line), long: Number(face.dataset.long), mark: document.createElement("li") };
    carried.home = [carried.lane, carried.line];
    carried.mark.setAttribute("aria-hidden", "true");
    tile.classList.add("is-lifted");
    mark();
  };
  const mark = () => {
    const { lane, line, long } = carried;
    carried.mark.className = `drop-mark from-${line} for-${long}`;
    carried.mark.textContent = clock(lane, below());
    let list = lane.querySelector(".lane");
    if (!list) {
      list = document.createElement("ol");
      list.className = "lane-lines lane";
      lane.querySelector(".lane-body").append(list);
    }
    list.append(carried.mark);
  };
  const carry = (lane, line) => {
    const most = Number(board().dataset.lines) - carried.long;
    carried.lane = lane || carried.lane;
    carried.line = Math.max(0, Math.min(most, line));
    mark();
  };
  const leave = () => {
    carried.mark.remove();
    carried.tile.classList.remove("is-lifted");
    document.body.classList.remove("is-dragging");
    carried = null;
  };
  const drop = () => {
    const { face, lane, line, home } = carried;
    const to = wish(lane, below());
    const left = home[0].dataset.room ? { left_room: home[0].dataset.room } : {};
    const stays = lane === home[0] && line === home[1];
    leave();
    if (stays) return;
    origin = { id: face.id, lane: lanes().indexOf(lane), height: middle(face) };
    window.htmx.ajax("POST", `/staff/moving/${face.dataset.moves}/move`, { source: "#mover", target: "#drawer", swap: "outerHTML", values: { ...to, ...left } });
  };
  const carryByKey = (event) => {
    const { lane, line } = carried;
    if (event.key === "Escape") { const { face } = carried; leave(); face.focus(); say(said.dataset.left); }
    else if (event.key === "Enter" || event.key === " ") drop();
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") carry(lane, nextStop(line, event.key === "ArrowUp" ? -1 : 1));
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") carry(lanes()[lanes().indexOf(lane) + (event.key === "ArrowLeft" ? -1 : 1)], line);
    else return;
    event.preventDefault();
    if (!carried) return;
    carried.mark.scrollIntoView({ block: "nearest", inline: "nearest" });
    say(said.dataset.at.replace("{time}", carried.mark.textContent).replace("{name}", name(carried.lane)));
  };

  /* By the mouse; on a touch screen a finger scrolls, and the drawer's form moves. */
  if (document.getElementById("mover")) document.body.classList.add("can-drag");
  let pressed = null;
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-moves]")) event.preventDefault(); });
  document.addEventListener("pointerdown", (event) => {
    const face = event.target.closest("[data-moves]");
    if (!face || !plain(event) || event.pointerType === "touch" || !wide.matches || !document.getElementById("mover")) return;
    pressed = { face, x: event.clientX, y: event.clientY, offset: event.clientY - face.closest(".tile").getBoundingClientRect().top };
  });
  document.addEventListener("pointermove", (event) => {
    if (pressed && !carried && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 6) {
      lift(pressed.face, pressed.offset);
      document.body.classList.add("is-dragging");
    }
    if (!pressed || !carried) return;
    event.preventDefault();
    /* Whatever lies over the lanes, such as a message, is in nobody's way. */
    const lane = document.elementsFromPoint(event.clientX, event.clientY).map((each) => each.closest(".calendar-lane")).find(Boolean) || carried.lane;
    const body = lane.querySelector(".lane-body").getBoundingClientRect();
    const line = (event.clientY - carried.offset - body.top) / (body.height / Number(board().dataset.lines));
    carry(lane, nearestStop(line));
    const edge = board().getBoundingClientRect();
    board().scrollBy(nudge(event.clientX, edge.left + 60, edge.right), nudge(event.clientY, edge.top + 52, edge.bottom));
  });
  const nudge = (at, low, high) => (at < low + 24 ? -12 : at > high - 24 ? 12 : 0);
  document.addEventListener("pointerup", () => {
    const was = pressed && carried;
    pressed = null;
    if (!was) return;
    /* The click that follows is not one. */
    window.addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
    drop();
  });
  document.addEventListener("pointercancel", () => { if (pressed && carried) leave(); pressed = null; });

  /* The keyboard. */
  document.addEventListener("keydown", (event) => {
    const now = document.activeElement;
    if (event.ctrlKey || event.metaKey || event.altKey || typing(now)) return;
    if (carried) { if (event.key === "Escape") pressed = null; carryByKey(event); return; }
    const letter = tools?.dataset.keys === "on" && !box?.open && "tdwm".includes(event.key) && tools.dataset[event.key];
    if (letter) { event.preventDefault(); window.location.assign(letter); return; }
    if (!wide.matches || !board()?.contains(now)) return;
    if (now === board()) {
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      (document.getElementById(here) || lanes().flatMap(stops)[0])?.focus();
    } else if (now.closest(".lane") && /^(Arrow|Home$|End$)/.test(event.key)) {
      event.preventDefault();
      next(now, event.key)?.focus();
    } else if (event.key === " " && now.matches("[data-moves]") && document.getElementById("mover")) {
      event.preventDefault();
      lift(now, 0);
      say(said.dataset.lifted);
    } else if (event.key === " " && now.matches(".lane a")) {
      event.preventDefault();
      now.click();
    }
  });

  /* The present moment moves on without being asked for. */
  setInterval(() => {
    const { begins, lines } = board()?.dataset || {};
    const line = Math.floor((Date.now() - Date.parse(begins)) / (5 * MINUTE));
    if (line >= 0 && line < Number(lines)) document.querySelectorAll(".now-mark").forEach((each) => { each.className = `now-mark from-${line}`; });
  }, 30000);

  document.querySelectorAll("[data-print]").forEach((each) => {
    each.hidden = false;
    each.addEventListener("click", () => window.print());
  });
  wide.addEventListener("change", rove);
  rove();
  const present = document.querySelector(".now-mark") || document.querySelector(".open");
  if (present && wide.matches) board().scrollTop = present.getBoundingClientRect().top - board().getBoundingClientRect().top - board().clientHeight / 3;
})();
