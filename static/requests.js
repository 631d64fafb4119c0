/* A red request that has just arrived may make a sound, if the clinic wants one: two soft tones, once for all open pages. */
"use strict";

(() => {
  const KEPT = "clinic-chime";
  const many = (said) => Number((said || "").split(" ")[1] || 0);

  const chime = () => {
    const sound = new AudioContext();
    [660, 880].forEach((pitch, number) => {
      const tone = sound.createOscillator();
      const loudness = sound.createGain();
      const begins = sound.currentTime + number * 0.25;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.15, begins);
      loudness.gain.exponentialRampToValueAtTime(0.001, begins + 0.22);
      tone.connect(loudness).connect(sound.destination);
      tone.start(begins);
      tone.stop(begins + 0.25);
    });
  };

  const look = () => {
    const said = document.querySelector("[data-chime]")?.dataset.chime || "";
    const before = localStorage.getItem(KEPT) || "";
    if (said === before) return;
    localStorage.setItem(KEPT, said);
    if (many(said) > many(before)) chime();
  };
  document.addEventListener("htmx:afterSettle", look);
  look();
})();
