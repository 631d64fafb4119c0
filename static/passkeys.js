/* Passkeys: the browser asks the device, the form carries its answer. Without script, or without passkeys, a form that
   only they could fill stays hidden; a code or a recovery code does the same. */
"use strict";

/* In a block: names of one script are known to every other on the page. */
{
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (keys = []) => keys.map((key) => ({ ...key, id: bytes(key.id) }));

  /* What the server asks for, with its texts turned into the bytes that browsers take. */
  const readable = (asked) => ({
    ...asked,
    challenge: bytes(asked.challenge),
    ...(asked.user && { user: { ...asked.user, id: bytes(asked.user.id) } }),
    ...(asked.excludeCredentials && { excludeCredentials: named(asked.excludeCredentials) }),
    ...(asked.allowCredentials && { allowCredentials: named(asked.allowCredentials) }),
  });

  const sendable = (made) => {
    const response = { clientDataJSON: text(made.response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[part]) response[part] = text(made.response[part]);
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
  };

  const ask = async (form) => {
    const token = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
    const answer = await fetch(form.dataset.options, { method: "POST", body: token });
    /* Led elsewhere: the sign-in is over, or who sits here is asked first. The page finds the way itself. */
    if (answer.redirected || answer.status === 401) return window.location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const publicKey = readable(await answer.json());
    const made = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.answer.value = sendable(made);
    form.submit();
  };

  const wait = (form, busy) => form.querySelectorAll("button").forEach((button) => (busy ? button.setAttribute("aria-busy", "true") : button.removeAttribute("aria-busy")));

  if (window.PublicKeyCredential && navigator.credentials) {
    document.querySelectorAll("form[data-passkey]").forEach((form) => {
      const trouble = form.querySelector("[data-passkey-trouble]");
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        /* Something is missing: the server says what. */
        if ([...form.querySelectorAll("[required]")].some((each) => each.type !== "hidden" && !each.value.trim())) return;
        event.preventDefault();
        event.stopPropagation();
        if (form.querySelector("[aria-busy]")) return;
        trouble.hidden = true;
        wait(form, true);
        ask(form).catch(() => {
          trouble.hidden = false;
          wait(form, false);
        });
      });
    });
  }
}
