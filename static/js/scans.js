// Scans stand in line: a wedge scanner is faster than any request, and what it has typed must never get lost. Each scan
// has a nonce, so that sending it again after a broken connection does it once. The line outlives a page change.
(function () {
  "use strict";

  const linqu = window.linqu;
  const form = document.querySelector("[data-scan-queue]");
  const AGAIN_MS = 1000;
  const SIGN_IN = "/staff/session";

  if (form) {
    const field = form.querySelector("[data-scan-field]");
    const pending = form.querySelector("[data-scan-pending]");
    const result = document.getElementById("result");
    const waiting = linqu.waitingScans();
    let busy = false;
    let signedOut = false;

    function note() {
      linqu.keepScans(waiting);
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
      waiting.push(linqu.newScan(scan));
      note();
      send();
    }
    result.addEventListener("htmx:afterRequest", (event) => {
      const to = event.detail.xhr && event.detail.xhr.getResponseHeader("HX-Redirect");
      if (to && to.startsWith(SIGN_IN)) signedOut = true;
    });
    // Before anybody else hears of it: this field has a line of its own.
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
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
})();
