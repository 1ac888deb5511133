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
    keepFocus();
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

// Scans stand in line: a wedge scanner is faster than any request, and what it has typed must never get lost. Each scan
// has a nonce, so that sending it again after a broken connection does it once. The line outlives a page change.
(function () {
  "use strict";

  const linqu = window.linqu;
  const form = document.querySelector("[data-scan-queue]");
  const STORE = "scans waiting";
  const AGAIN_MS = 1000;
  const SIGN_IN = "/staff/session";

  function newNonce() {
    return Array.from(window.crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  if (form) {
    const field = form.querySelector("[data-scan-field]");
    const pending = form.querySelector("[data-scan-pending]");
    const result = document.getElementById("result");
    const waiting = JSON.parse(window.sessionStorage.getItem(STORE) || "[]");
    let busy = false;
    let signedOut = false;

    function note() {
      window.sessionStorage.setItem(STORE, JSON.stringify(waiting));
      pending.hidden = waiting.length < 2;
      pending.querySelector("[data-scan-pending-count]").textContent = String(waiting.length);
    }
    function send() {
      if (busy || !waiting.length) return;
      busy = true;
      signedOut = false;
      window.htmx.ajax("POST", form.action, { source: result, target: result, swap: "innerHTML", values: waiting[0] }).then(
        () => {
          busy = false;
          if (signedOut) return; // the page is leaving for the PIN; the scan goes with the next page
          waiting.shift();
          note();
          send();
        },
        () => {
          busy = false;
          window.setTimeout(send, AGAIN_MS);
        },
      );
    }
    function enqueue(text) {
      const scan = text.trim();
      if (!scan) return;
      waiting.push({ scan, nonce: newNonce() });
      note();
      send();
    }
    result.addEventListener("htmx:afterRequest", (event) => {
      const to = event.detail.xhr && event.detail.xhr.getResponseHeader("HX-Redirect");
      if (to && to.startsWith(SIGN_IN)) signedOut = true;
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      enqueue(field.value);
      field.value = "";
    });

    // A pad for points without a scanner.
    const pad = document.querySelector("[data-typing]");
    const typed = pad.querySelector("[data-typing-text]");
    pad.addEventListener("click", (event) => {
      const key = event.target.closest("[data-type]");
      if (key && typed.textContent.length < 40) typed.textContent += key.dataset.type;
      if (event.target.closest("[data-type-delete]")) typed.textContent = typed.textContent.slice(0, -1);
    });
    pad.addEventListener("submit", (event) => {
      event.preventDefault();
      enqueue(typed.textContent);
      typed.textContent = "";
      pad.closest("dialog").close();
    });
    note();
    send();
  }
  document.addEventListener("htmx:responseError", (event) => {
    const trigger = event.detail.elt.getAttribute("hx-trigger") || "";
    if (!trigger.includes("every")) linqu.play("error");
  });

  // Five minutes without a hand on it, and the screen asks for the PIN again; the server does so too.
  const IDLE_SECONDS = 300;
  const leave = document.querySelector('.counter-head form[action$="/staff/session/end"]');
  if (leave) {
    window.setInterval(() => {
      if (linqu.untouchedFor() >= IDLE_SECONDS) leave.submit();
    }, 2000);
  }
})();
