// Resident's screens: hears of scans, shows their results, and reads scanners that type like keyboards.
(function () {
  "use strict";

  const linqu = window.linqu;
  const WAIT_MS = 15000;
  const PAUSE_MS = 1000;
  const HINT_MS = 3000;
  const FAST_MS = 100; // a scanner types a key every few ms; a person is seldom faster than this
  const SURELY = 4; // so many fast keys are a scanner's: it may then falter while the machine is busy
  const FALTER_MS = 250;
  const SHORTEST = 12; // more than code and tail together, less than any pass or bar code that matters

  const screen = (() => {
    const known = window.sessionStorage.getItem("screen");
    const name = known || Array.from(window.crypto.getRandomValues(new Uint8Array(8)), (n) => n.toString(16)).join("");
    window.sessionStorage.setItem("screen", name);
    return name;
  })();
  const pause = (ms) => new Promise((done) => window.setTimeout(done, ms));

  // --- results -------------------------------------------------------------------------------------------------

  function show(id) {
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    linqu.touch();
    window.htmx.ajax("GET", `/pickup/results/${encodeURIComponent(id)}`, { target: "#main", swap: "innerHTML" });
  }
  let hintTimer = 0;
  function hint(text) {
    const place = document.getElementById("scan-hint");
    if (!place) return;
    place.textContent = text;
    window.clearTimeout(hintTimer);
    hintTimer = window.setTimeout(() => { place.textContent = ""; }, HINT_MS);
  }

  // A touch beside the buttons says that somebody is still reading: the ring begins anew.
  document.addEventListener("pointerdown", (event) => {
    const ring = document.querySelector(".pickup-done [data-countdown]");
    if (!ring || event.target.closest("button, a, input")) return;
    const fresh = ring.cloneNode(true);
    ring.replaceWith(fresh);
    linqu.countDown(fresh, Number(fresh.dataset.countdown), () => document.getElementById("wipe").requestSubmit());
  });

  // The service on this machine is away: say so, and begin afresh when it is back.
  let failures = 0;
  function away() {
    failures += 1;
    const place = document.getElementById("notices");
    const words = document.getElementById("notice-network");
    if (failures === 2 && place && words) place.replaceChildren(words.content.cloneNode(true));
  }
  function back(news, after) {
    const again = failures >= 2 || news.after.split("-")[0] !== after.split("-")[0];
    failures = 0;
    // A restarted service knows nothing of a result; only a screen without one may begin anew.
    if (again && !document.querySelector(".pickup-done")) window.location.reload();
  }

  async function listen() {
    let after = document.body.dataset.scansAfter;
    for (;;) {
      try {
        const address = `/pickup/scans?after=${encodeURIComponent(after)}&screen=${screen}`;
        const answer = await window.fetch(address, { cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        const news = await answer.json();
        back(news, after);
        after = news.after;
        if (news.result) show(news.result);
        else if (news.hint) hint(news.hint);
        if (news.crowded) await pause(PAUSE_MS);
      } catch {
        away();
        await pause(PAUSE_MS);
      }
    }
  }

  // --- scanners that type ----------------------------------------------------------------------------------------

  // Keys are held back for a moment. A few were a person's and go to the keypad. Many in a row are a scan, and none of it
  // may reach the fields: a pass typed into them would count as a wrong pickup code.
  let keys = [];
  let last = 0;
  let timer = 0;

  function press(key) {
    const button = document.querySelector(`[data-keypad] [data-key="${key}"]`);
    if (button) button.click();
  }
  function patience() {
    return keys.length < SURELY ? FAST_MS : FALTER_MS;
  }
  function release() {
    const typed = keys;
    keys = [];
    // A scanner set up without an ending key still ends its scan: with silence.
    if (typed.length >= SHORTEST) send(typed.join(""));
    else typed.filter((key) => /^\d$/.test(key)).forEach(press);
  }
  async function send(text) {
    const token = JSON.parse(document.body.getAttribute("hx-headers"));
    try {
      await window.fetch("/pickup/passes", { method: "POST", headers: token, body: new URLSearchParams({ text }) });
    } catch {
      hint(document.getElementById("notice-network").content.textContent.trim());
    }
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key.length === 1 && event.key !== " ") {
      event.preventDefault();
      event.stopPropagation();
      if (keys.length && event.timeStamp - last > patience()) release();
      keys.push(event.key);
      last = event.timeStamp;
      window.clearTimeout(timer);
      timer = window.setTimeout(release, patience());
    } else if ((event.key === "Enter" || event.key === "Tab") && keys.length >= SHORTEST) {
      event.preventDefault();
      event.stopPropagation();
      window.clearTimeout(timer);
      const text = keys.join("");
      keys = [];
      send(text);
    } else if (event.key === "Backspace" && document.querySelector("[data-keypad]")) {
      event.preventDefault();
      press("delete");
    }
  }, true);

  listen();
})();
