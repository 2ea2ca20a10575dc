"use strict";
(() => {
  // --- tables that are sorted by the buttons in their headings ---

  function keyOf(row, column) {
    const cell = row.cells[column];
    return cell.dataset.key === undefined ? cell.textContent.trim() : Number(cell.dataset.key);
  }

  // Numbers come before words. Unknown values are last in both directions.
  function compare(a, b, direction) {
    const rank = (key) => (key === "" ? 2 : typeof key === "number" ? 0 : 1);
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    if (typeof a === "number") return direction * (a < b ? -1 : a > b ? 1 : 0);
    return direction * String(a).localeCompare(String(b), undefined, { numeric: true });
  }

  function sortBy(heading) {
    const table = heading.closest("table");
    const body = table.tBodies[0];
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const each of heading.parentElement.cells) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map((row) => [keyOf(row, heading.cellIndex), row]);
    rows.sort((a, b) => compare(a[0], b[0], down ? -1 : 1));
    body.append(...rows.map(([, row]) => row));
  }

  for (const button of document.querySelectorAll("table.sortable th button")) {
    button.addEventListener("click", () => sortBy(button.parentElement));
  }

  // --- runs that are filtered by words, all of which a row must have ---

  const words = document.getElementById("words");

  function show() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = new Set();
    const rows = document.querySelectorAll("table.runs tbody tr");
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      if (wanted.every((word) => text.includes(word))) found.add(row.dataset.run);
    }
    for (const each of document.querySelectorAll("[data-run]")) {
      each.hidden = !found.has(each.dataset.run);
    }
    const count = document.getElementById("shown");
    count.textContent = wanted.length ? `${found.size} of ${rows.length}` : "";
  }

  if (words) {
    document.getElementById("filter").hidden = false;
    words.addEventListener("input", show);
  }

  // --- animations that pause ---

  // A paused animation is replaced by a drawing of its current frame.
  function pausable(film) {
    const still = document.createElement("canvas");
    still.width = film.naturalWidth;
    still.height = film.naturalHeight;
    still.setAttribute("role", "img");
    still.setAttribute("aria-label", `${film.alt}, paused`);
    const button = document.createElement("button");
    button.type = "button";
    const heading = film.closest("figure").querySelector("h3").textContent;
    const tell = () => {
      button.textContent = still.isConnected ? "Play" : "Pause";
      button.setAttribute("aria-label", `${button.textContent}: ${heading}`);
    };
    const toggle = () => {
      if (still.isConnected) {
        still.replaceWith(film);
      } else {
        still.getContext("2d").drawImage(film, 0, 0);
        film.replaceWith(still);
      }
      tell();
    };
    button.addEventListener("click", toggle);
    film.closest("figure").querySelector("figcaption").append(button);
    tell();
    // On a phone, animations are paused at first, because they use its battery.
    if (matchMedia("(prefers-reduced-motion: reduce), (max-width: 600px)").matches) toggle();
  }

  for (const film of document.querySelectorAll("img.film")) {
    film.decode().then(() => pausable(film), () => {});
  }

  // --- paper, on which nothing opens ---

  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details")) each.open = true;
  });

  document.body.dataset.ready = "yes";
})();
