// The resident's screen: leaves nothing behind, speaks shelf codes, comes down to lower hands.
(function () {
  "use strict";

  const linqu = window.linqu;
  const body = document.body;
  const wipe = document.getElementById("wipe");
  const idle = document.getElementById("idle");

  // 40 s without a touch, then a ring of 20 s with 继续, then the screen is wiped.
  if (body.dataset.idle && idle && wipe) {
    const quiet = Number(body.dataset.idle);
    const warning = Number(body.dataset.idleWarning);
    const ring = idle.querySelector(".ring");
    let stop = null;
    const stay = () => {
      if (stop) stop();
      stop = null;
      idle.close();
      linqu.touch();
    };
    idle.querySelector("[data-idle-stay]").addEventListener("click", stay);
    idle.addEventListener("cancel", (event) => {
      event.preventDefault();
      stay();
    });
    window.setInterval(() => {
      if (idle.open || linqu.untouchedFor() < quiet) return;
      idle.showModal();
      linqu.play("attention");
      stop = linqu.countDown(ring, warning, () => wipe.submit());
    }, 500);
  }

  // The shelf code aloud, in the language of the page; silent where the machine has no voice.
  linqu.onAppear((root) => linqu.every(root, "[data-speak]", (element) => {
    if (element.dataset.spoken || !element.dataset.speak || !window.speechSynthesis) return;
    element.dataset.spoken = "yes";
    const words = new SpeechSynthesisUtterance(element.dataset.speak);
    words.lang = document.documentElement.lang;
    words.rate = 0.85;
    window.speechSynthesis.speak(words);
  }));

  // 低位: stays for this visit only.
  const reach = document.querySelector("[data-reach]");
  function setReach(low) {
    if (low) document.documentElement.dataset.reach = "low";
    else delete document.documentElement.dataset.reach;
    reach.setAttribute("aria-pressed", String(low));
  }
  if (reach) {
    setReach(window.sessionStorage.getItem("reach") === "low");
    reach.addEventListener("click", () => {
      const low = document.documentElement.dataset.reach !== "low";
      window.sessionStorage.setItem("reach", low ? "low" : "");
      setReach(low);
    });
  }
  if (wipe) wipe.addEventListener("submit", () => window.sessionStorage.clear());

  document.addEventListener("contextmenu", (event) => event.preventDefault());
})();
