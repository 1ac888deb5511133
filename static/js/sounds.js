// Five short sounds, made here (no files), each 100 ms at most, told apart by direction and number of tones.
(function () {
  "use strict";

  // [frequency Hz, start ms, length ms]
  const SOUNDS = {
    scan: [[1400, 0, 45]],
    ok: [[660, 0, 45], [990, 45, 55]],
    attention: [[740, 0, 35], [740, 55, 45]],
    error: [[300, 0, 100]],
    undo: [[990, 0, 45], [590, 45, 55]],
  };
  const LOUDNESS = 0.2;
  const EDGE_SECONDS = 0.006;
  let context = null;

  function play(name) {
    const tones = SOUNDS[name];
    if (!tones || !window.AudioContext) return;
    context = context || new AudioContext();
    if (context.state === "suspended") context.resume();
    tones.forEach(([frequency, startMs, lengthMs]) => {
      const start = context.currentTime + startMs / 1000;
      const end = start + lengthMs / 1000;
      const tone = context.createOscillator();
      const level = context.createGain();
      tone.type = name === "error" ? "square" : "sine";
      tone.frequency.value = frequency;
      level.gain.setValueAtTime(0, start);
      level.gain.linearRampToValueAtTime(name === "error" ? LOUDNESS / 2 : LOUDNESS, start + EDGE_SECONDS);
      level.gain.setValueAtTime(name === "error" ? LOUDNESS / 2 : LOUDNESS, end - EDGE_SECONDS);
      level.gain.linearRampToValueAtTime(0, end);
      tone.connect(level).connect(context.destination);
      tone.start(start);
      tone.stop(end);
    });
    document.documentElement.dataset.lastSound = name;
  }
  window.linqu.play = play;

  document.addEventListener("click", (event) => {
    const source = event.target.closest("[data-sound]");
    if (source) play(source.dataset.sound);
  });
  window.linqu.onAppear((root) => window.linqu.every(root, "[data-sound-now]", (element) => {
    if (element.dataset.sounded) return;
    element.dataset.sounded = "yes";
    play(element.dataset.soundNow);
  }));
})();
