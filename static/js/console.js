// Tables that sort and filter where they stand.
(function () {
  "use strict";

  const linqu = window.linqu;
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });

  function keyOf(row, column) {
    const cell = row.cells[column];
    return cell.dataset.sort !== undefined ? cell.dataset.sort : cell.textContent.trim();
  }
  function sortBy(heading) {
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows];
    rows.sort((left, right) => sign * order.compare(keyOf(left, column), keyOf(right, column)));
    table.tBodies[0].append(...rows);
  }
  function filter(block, text) {
    const wanted = text.trim().toLocaleLowerCase();
    let shown = 0;
    block.querySelectorAll("tbody tr").forEach((row) => {
      row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
      if (!row.hidden) shown += 1;
    });
    block.querySelector("[data-table-count]").textContent = String(shown);
    block.querySelector("[data-table-none]").hidden = shown > 0 || wanted === "";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".table-sort");
    if (button) sortBy(button.closest("th"));
  });
  linqu.onAppear((root) => linqu.every(root, "[data-table-filter]", (input) => {
    input.addEventListener("input", () => filter(input.closest("[data-table]"), input.value));
  }));
})();
