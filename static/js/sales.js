// Selling: letters for a screen without a keyboard, cash and change while it is counted, goods that the camera sees.
(function () {
  "use strict";

  const linqu = window.linqu;
  const FEN_MOST = 10000000;

  // --- finding goods --------------------------------------------------------------------------------------------
  const search = document.getElementById("q");
  const letters = document.getElementById("letters");
  const opener = document.querySelector("[data-letters]");
  if (search && letters && opener) {
    opener.addEventListener("click", () => {
      letters.hidden = !letters.hidden;
      opener.setAttribute("aria-expanded", String(!letters.hidden));
    });
    letters.addEventListener("click", (event) => {
      const key = event.target.closest("[data-letter]");
      if (!key) return;
      if (key.dataset.letter === "delete") search.value = search.value.slice(0, -1);
      else if (key.dataset.letter === "clear") search.value = "";
      else if (search.value.length < 30) search.value += key.dataset.letter;
      search.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  // --- cash -----------------------------------------------------------------------------------------------------
  const cash = document.querySelector("[data-cash]");
  if (cash) {
    const total = Number(cash.dataset.total);
    const field = cash.querySelector("[data-cash-field]");
    const shown = cash.querySelector("[data-cash-shown]");
    const change = cash.querySelector("[data-cash-change]");
    const words = cash.querySelector("[data-cash-words]");
    const confirm = document.querySelector("[data-cash-confirm]");
    let typed = "";

    const yuan = (fen) => `¥${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
    const fenOf = (text) => {
      const [whole, part = ""] = text.split(".");
      return Number(whole || 0) * 100 + Number((part + "00").slice(0, 2));
    };
    const textOf = (fen) => (fen % 100 ? `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}` : String(fen / 100));
    function show() {
      const fen = fenOf(typed);
      field.value = typed;
      shown.value = yuan(fen);
      const enough = fen >= total;
      change.value = enough ? yuan(fen - total) : yuan(total - fen);
      words.textContent = enough ? words.dataset.change : words.dataset.short;
      change.parentElement.classList.toggle("payment-short", !enough);
      confirm.disabled = !enough;
    }
    function type(key) {
      if (key === "clear") typed = "";
      else if (key === "delete") typed = typed.slice(0, -1);
      else if (key === ".") typed += typed.includes(".") ? "" : typed ? "." : "0.";
      else if (!/\.\d\d$/.test(typed)) typed = typed === "0" ? key : typed + key;
      if (fenOf(typed) > FEN_MOST) typed = typed.slice(0, -1);
      show();
    }
    cash.addEventListener("click", (event) => {
      const key = event.target.closest("[data-cash-key]");
      const note = event.target.closest("[data-cash-note]");
      const exact = event.target.closest("[data-cash-exact]");
      if (key) type(key.dataset.cashKey);
      if (note && fenOf(typed) + Number(note.dataset.cashNote) <= FEN_MOST) typed = textOf(fenOf(typed) + Number(note.dataset.cashNote));
      if (exact) typed = textOf(total);
      if (note || exact) show();
    });
    document.addEventListener("keydown", (event) => {
      if (/^[0-9.]$/.test(event.key)) type(event.key);
      if (event.key === "Backspace") type("delete");
    });
    show();
  }

  // --- the basket -------------------------------------------------------------------------------------------------
  // Taps stand in line, so that none is lost however fast they come; those for the same thing go together.
  const sale = document.querySelector("[data-put-to]");
  if (sale) {
    const said = document.getElementById("sale-said");
    const line = [];
    let busy = false;
    const send = async () => {
      if (busy || !line.length) return;
      busy = true;
      const [address, values] = line.shift();
      try {
        await window.htmx.ajax("POST", address, { source: said, target: said, swap: "innerHTML", values });
      } finally {
        busy = false;
        send();
      }
    };
    const put = (offer, change) => {
      const last = line[line.length - 1];
      if (last && last[1].offer === offer) last[1].change += change;
      else line.push([sale.dataset.putTo, { offer, change }]);
      send();
    };
    document.addEventListener("click", (event) => {
      const key = event.target.closest("[data-put]");
      if (key) put(key.dataset.put, Number(key.dataset.change));
    });

    // Goods before the camera or a serial scanner.
    const AGAIN_MS = 1500;
    const listen = async () => {
      let rest = AGAIN_MS;
      try {
        const answer = await window.fetch(sale.dataset.goodsAddress, { redirect: "manual" });
        if (answer.ok) {
          const texts = (await answer.json()).texts;
          if (texts) rest = 0;
          (texts || []).forEach((scan) => line.push([sale.dataset.goodsPost, { scan }]));
          send();
        }
      } catch (error) {
        rest = AGAIN_MS;
      }
      window.setTimeout(listen, rest);
    };
    listen();
  }
})();
