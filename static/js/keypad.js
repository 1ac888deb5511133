// Digits without a keyboard: keys type into the field that is active and go on to the next one when it is full.
(function () {
  "use strict";

  const linqu = window.linqu;

  function fieldsOf(pad) {
    return pad.dataset.keypad.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
  }
  function activate(fields, field) {
    fields.forEach((other) => other.classList.toggle("is-active", other === field));
  }
  function full(field) {
    return field.maxLength > 0 && field.value.length >= field.maxLength;
  }
  function submitWhenFull(form) {
    if (!form || !form.matches("[data-submit-when-full]")) return;
    const fields = [...form.querySelectorAll(".digits-input")];
    if (fields.length && fields.every(full)) form.requestSubmit();
  }
  function type(pad, key) {
    const fields = fieldsOf(pad);
    let field = fields.find((one) => one.classList.contains("is-active")) || fields[0];
    if (!field) return;
    if (key === "clear") {
      fields.forEach((one) => { one.value = ""; });
      field = fields[0];
    } else if (key === "delete") {
      if (!field.value && fields.indexOf(field) > 0) field = fields[fields.indexOf(field) - 1];
      field.value = field.value.slice(0, -1);
    } else if (full(field)) {
      return; // a second tap of a trembling hand: the form has gone, and may not go again
    } else {
      field.value += key;
      if (full(field) && fields.indexOf(field) + 1 < fields.length) {
        const next = fields[fields.indexOf(field) + 1];
        activate(fields, next);
        field.dispatchEvent(new Event("input", { bubbles: true }));
        return;
      }
    }
    activate(fields, field);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]");
    if (key) type(key.closest("[data-keypad]"), key.dataset.key);
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches(".digits-input")) return;
    const digits = field.value.replace(/\D/g, "");
    if (digits !== field.value) field.value = digits;
    submitWhenFull(field.form);
  });
  document.addEventListener("focusin", (event) => {
    document.querySelectorAll("[data-keypad]").forEach((pad) => {
      const fields = fieldsOf(pad);
      if (fields.includes(event.target)) activate(fields, event.target);
    });
  });
  linqu.onAppear((root) => linqu.every(root, "[data-keypad]", (pad) => {
    const fields = fieldsOf(pad);
    if (fields.length && !fields.some((one) => one.classList.contains("is-active"))) activate(fields, fields[0]);
  }));
})();
