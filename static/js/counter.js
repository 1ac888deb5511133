// Staff: the scanner always finds its field, night colours are one tap away.
(function () {
  "use strict";

  const TYPING = "input:not([data-scan-field]), textarea, select";

  function scanField() {
    return document.querySelector("[data-scan-field]");
  }
  function keepFocus() {
    const field = scanField();
    if (!field || document.querySelector("dialog[open]")) return;
    const active = document.activeElement;
    if (active && active.matches(TYPING)) return;
    field.focus({ preventScroll: true });
  }
  if (scanField()) {
    document.addEventListener("pointerup", () => window.setTimeout(keepFocus, 50));
    window.addEventListener("focus", keepFocus);
    document.addEventListener("close", keepFocus, true);
    // A wedge scanner types like a keyboard: its first character must not get lost beside the field.
    document.addEventListener("keydown", (event) => {
      if (event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) keepFocus();
    }, true);
    // Scans faster than the answers wait in line; each is sent alone, the field is free again at once.
    const line = [];
    let busy = null;
    const sendNext = () => {
      const field = scanField();
      if (busy || !line.length || !field) return;
      busy = field.form;
      busy.querySelector("[data-scan-value]").value = line.shift();
      busy.requestSubmit();
    };
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("[data-scan-field]")) return;
      event.preventDefault();
      const text = event.target.value.trim();
      event.target.value = "";
      if (text) line.push(text);
      sendNext();
    });
    document.addEventListener("submit", (event) => {
      const field = event.target.querySelector("[data-scan-field]");
      const value = event.target.querySelector("[data-scan-value]");
      if (!field || busy === event.target) return;
      value.value = field.value.trim();
      field.value = "";
      busy = event.target;
    }, true);
    document.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.elt !== busy) return;
      busy = null;
      sendNext();
    });
    document.addEventListener("htmx:afterSwap", keepFocus);
    window.addEventListener("load", keepFocus);
  }

  const toggle = document.querySelector("[data-theme-toggle]");
  if (toggle) {
    const root = document.documentElement;
    toggle.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
    toggle.addEventListener("click", () => {
      const dark = root.dataset.theme !== "dark";
      if (dark) root.dataset.theme = "dark";
      else delete root.dataset.theme;
      window.localStorage.setItem("theme", dark ? "dark" : "light");
      toggle.setAttribute("aria-pressed", String(dark));
    });
  }
})();

// A screen that nobody touches asks for the PIN again; what fails is heard.
(function () {
  "use strict";

  const linqu = window.linqu;
  const SCANS = "scans waiting";

  function newNonce() {
    return Array.from(window.crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  // Scans not yet answered, each with the nonce under which it is done once; they outlive a page change.
  linqu.waitingScans = () => JSON.parse(window.sessionStorage.getItem(SCANS) || "[]");
  linqu.keepScans = (scans) => window.sessionStorage.setItem(SCANS, JSON.stringify(scans));
  linqu.newScan = (scan) => ({ scan, nonce: newNonce() });
  linqu.laterScan = (text) => linqu.keepScans([...linqu.waitingScans(), linqu.newScan(text)]);

  document.addEventListener("htmx:responseError", (event) => {
    const trigger = event.detail.elt.getAttribute("hx-trigger") || "";
    if (!trigger.includes("every")) linqu.play("error");
  });

  // Five minutes without a hand on it, and the screen asks for the PIN again; the server does so too.
  const IDLE_SECONDS = 300;
  const leave = document.querySelector('.counter-head form[action$="/staff/session/end"]');
  if (leave) {
    const timer = window.setInterval(() => {
      if (linqu.untouchedFor() < IDLE_SECONDS) return;
      window.clearInterval(timer);
      leave.submit();
    }, 2000);
  }

  // A scanner is heard on every page: what it reads goes to the inbound screen, which knows where it belongs.
  const GAP_MS = 60;
  const SHORTEST = 8;
  let typed = "";
  let last = 0;
  if (leave && !document.querySelector("[data-scan-field]")) {
    document.addEventListener("keydown", (event) => {
      if (event.target.matches("input, textarea, select") || event.ctrlKey || event.altKey || event.metaKey) return;
      const now = performance.now();
      if (event.key.length === 1) {
        typed = now - last < GAP_MS ? typed + event.key : event.key;
        last = now;
      } else if (event.key === "Enter" && typed.length >= SHORTEST && now - last < GAP_MS) {
        event.preventDefault();
        linqu.laterScan(typed);
        window.location.assign("/counter");
      }
    });
  }
})();
