// Behaviour every page shares, driven by data- attributes alone; works on content that htmx brings in later.
(function () {
  "use strict";

  const REPEAT_MS = 400;
  const RING_LENGTH = 100;

  const appears = []; // functions called with every new part of the page
  function onAppear(act) {
    appears.push(act);
    act(document);
  }
  function every(root, selector, act) {
    if (root.matches && root.matches(selector)) act(root);
    root.querySelectorAll(selector).forEach(act);
  }
  window.linqu = { onAppear, every };

  // A repeat tap within 400 ms is a trembling hand, not a second wish.
  const pressed = new WeakMap();
  function repeated(element) {
    const now = performance.now();
    const last = pressed.get(element);
    pressed.set(element, now);
    return last !== undefined && now - last < REPEAT_MS;
  }
  function rapid(element) {
    return element.closest("[data-rapid], .keypad") || element.querySelector("[data-scan-field]");
  }
  document.addEventListener("submit", (event) => {
    if (!rapid(event.target) && repeated(event.target)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  document.addEventListener("click", (event) => {
    const target = event.target.closest("button, a[href], [hx-post], [hx-get], [hx-put], [hx-delete]");
    if (target && !rapid(target) && repeated(target)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  // Dialogs
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialogOpen);
      if (dialog && !dialog.open) dialog.showModal();
    }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
  });
  onAppear((root) => every(root, "dialog[data-dialog-now]", (dialog) => {
    if (!dialog.open) dialog.showModal();
  }));

  // Count down, then act once.
  function act(element) {
    const to = element.dataset;
    if (to.thenHref) window.location.assign(to.thenHref);
    if (to.thenSubmit) document.getElementById(to.thenSubmit).requestSubmit();
    if (to.thenClick) document.getElementById(to.thenClick).click();
  }
  function countDown(element, seconds, done) {
    const ends = performance.now() + seconds * 1000;
    const rest = element.querySelector("[data-ring]");
    const words = element.querySelector("[data-seconds]");
    const timer = window.setInterval(() => {
      const left = Math.max(0, ends - performance.now()) / 1000;
      if (!element.isConnected) {
        window.clearInterval(timer);
        return;
      }
      if (words) words.textContent = String(Math.ceil(left));
      if (rest) rest.setAttribute("stroke-dasharray", `${(RING_LENGTH * left) / seconds} ${RING_LENGTH}`);
      if (left === 0) {
        window.clearInterval(timer);
        done(element);
      }
    }, 100);
    return () => window.clearInterval(timer);
  }
  window.linqu.countDown = countDown;
  onAppear((root) => every(root, "[data-countdown]", (element) => {
    if (element.dataset.running) return;
    element.dataset.running = "yes";
    countDown(element, Number(element.dataset.countdown), act);
  }));

  // Toasts leave by themselves; those with a way back show how long it is open.
  onAppear((root) => every(root, "[data-toast]", (toast) => {
    if (toast.dataset.running) return;
    toast.dataset.running = "yes";
    let left = Number(toast.dataset.toast);
    const words = toast.querySelector("[data-toast-seconds]");
    const timer = window.setInterval(() => {
      left -= 1;
      if (words) words.textContent = String(Math.max(left, 0));
      if (left <= 0) {
        window.clearInterval(timer);
        toast.remove();
      }
    }, 1000);
  }));
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-toast-close]");
    if (closer) closer.closest("[data-toast]").remove();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // Boards read themselves again while nobody touches them.
  let touched = performance.now();
  ["pointerdown", "keydown", "scroll"].forEach((name) =>
    document.addEventListener(name, () => { touched = performance.now(); }, { capture: true, passive: true }));
  window.linqu.untouchedFor = () => (performance.now() - touched) / 1000;
  window.linqu.touch = () => { touched = performance.now(); };
  onAppear((root) => every(root, "[data-reload]", (element) => {
    const seconds = Number(element.dataset.reload);
    window.setInterval(() => {
      if (window.linqu.untouchedFor() >= seconds && !document.querySelector("dialog[open]")) window.location.reload();
    }, seconds * 1000);
  }));

  // The service on this machine did not answer: say so where errors are said. Polling stays silent.
  function unreachable(event) {
    const source = event.detail.elt;
    const trigger = source && source.getAttribute && source.getAttribute("hx-trigger");
    if (trigger && trigger.includes("every")) return;
    const place = document.getElementById("notices");
    const words = document.getElementById("notice-network");
    if (place && words) place.replaceChildren(words.content.cloneNode(true));
    if (window.linqu.play) window.linqu.play("error");
  }
  document.addEventListener("htmx:sendError", unreachable);
  document.addEventListener("htmx:timeout", unreachable);
  // What worked takes the old complaint away.
  document.addEventListener("htmx:afterRequest", (event) => {
    const place = document.getElementById("notices");
    const polled = (event.detail.elt.getAttribute("hx-trigger") || "").includes("every");
    if (place && event.detail.successful && !polled && !place.contains(event.detail.target)) place.replaceChildren();
  });
  // A poll that fails must not write over what a person reads.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const polled = (event.detail.requestConfig.elt.getAttribute("hx-trigger") || "").includes("every");
    if (polled && event.detail.isError) event.detail.shouldSwap = false;
  });

  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) appears.forEach((run) => run(event.detail.elt));
  });

  // A page from the back-forward cache shows what is no longer true.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
})();
