/* Words that could not be saved yet, kept by this tab of the browser until they are: encrypted with a key that the clinic
   gives nobody but the same person for the same visit, and never stored itself. Signing out and closing the tab end it. */
"use strict";

const noteShelf = (visit, shelf) => {
  const place = `note:${visit}`;
  const key = window.crypto?.subtle && shelf
    ? crypto.subtle.importKey("raw", Uint8Array.from(atob(shelf), (each) => each.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"])
    : null;
  let turn = 0;

  const put = async (facts) => {
    if (!key) return;
    const mine = (turn += 1);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, new TextEncoder().encode(JSON.stringify(facts)));
    const bytes = [...iv, ...new Uint8Array(sealed)];
    /* Newer words, or none any more, may have overtaken these. */
    if (mine === turn) sessionStorage.setItem(place, btoa(bytes.map((each) => String.fromCharCode(each)).join("")));
  };
  const take = async () => {
    const kept = sessionStorage.getItem(place);
    if (!kept || !key) return null;
    try {
      const bytes = Uint8Array.from(atob(kept), (each) => each.charCodeAt(0));
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, await key, bytes.slice(12));
      return JSON.parse(new TextDecoder().decode(plain));
    } catch (_) {
      /* Somebody else's, or not readable any more. */
      sessionStorage.removeItem(place);
      return null;
    }
  };
  const drop = () => {
    turn += 1;
    sessionStorage.removeItem(place);
  };
  return { put, take, drop };
};

/* On the page of a signed note: what was typed and came too late for it. */
(async () => {
  const left = document.getElementById("note-left");
  if (!left) return;
  const shelf = noteShelf(left.dataset.visit, left.dataset.shelf);
  const kept = await shelf.take();
  if (!kept) return;
  left.querySelector(".note-words").textContent = Object.values(kept.words).flat().filter(Boolean).join("\n\n");
  left.hidden = false;
  /* Once it is in the addendum it is the person's own to keep or to drop. */
  document.addEventListener("submit", (event) => { if (event.target.action.endsWith("/add-addendum")) shelf.drop(); });
})();
