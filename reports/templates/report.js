"use strict";
(() => {
  const config = {
    responsive: true,
    displaylogo: false,
    plotlyServerURL: "",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };
  const touch = matchMedia("(pointer: coarse)").matches;

  /* Colours are written as CSS variables: put in what they are now, in light, dark or print. */
  const coloured = (value, style) => {
    if (typeof value === "string") {
      const match = /^var\((--[a-z-]+)\)$/.exec(value);
      return match ? style.getPropertyValue(match[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
  };

  const drawings = [...document.querySelectorAll("script[data-drawing]")].map((script) => ({
    place: document.getElementById(script.dataset.drawing),
    spec: JSON.parse(script.textContent),
  }));

  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    for (const { place, spec } of drawings) {
      const { data, layout } = coloured(spec, style);
      if (touch) layout.dragmode = false;
      Plotly.react(place, data, layout, config);
    }
  };
  /* Sorting by a column: numbers by their exact value, the rest by what is written. */
  const value = (row, column) => {
    const cell = row.cells[column];
    if (!("value" in cell.dataset)) return cell.textContent;
    return cell.dataset.value === "" ? -Infinity : Number(cell.dataset.value);
  };
  const sort = (heading) => {
    const table = heading.closest("table");
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    const order = (a, b) => {
      const [x, y] = [value(a, heading.cellIndex), value(b, heading.cellIndex)];
      const sign = typeof x === "number" ? (x > y) - (x < y) : x.localeCompare(y);
      return down ? -sign : sign;
    };
    table.tBodies[0].append(...rows.sort(order));
  };
  for (const button of document.querySelectorAll("table.sortable th button")) {
    button.addEventListener("click", () => sort(button.parentNode));
  }

  /* The section in view is marked in the navigation. */
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll("main > section")];
  const mark = () => {
    const above = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 6);
    const current = links.get((above.at(-1) ?? sections[0]).id);
    if (current.hasAttribute("aria-current")) return;
    for (const link of links.values()) link.removeAttribute("aria-current");
    current.setAttribute("aria-current", "true");
    const bar = document.querySelector("nav");
    bar.scrollLeft = current.offsetLeft - bar.clientWidth / 2;
  };
  addEventListener("scroll", mark, { passive: true });

  for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", draw);
  }
  draw();
  mark();
})();
