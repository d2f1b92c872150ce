/* Light or dark, and the colours of gains and losses; kept where the browser allows it. */
const root = document.documentElement;
const kept = (name, value) => {
  try {
    if (value === undefined) return localStorage.getItem(`quantsig-${name}`);
    localStorage.setItem(`quantsig-${name}`, value);
  } catch {
    /* a page from disk may have no storage */
  }
  return null;
};
const scheme = document.getElementById("scheme");
const market = document.getElementById("market");

const choose = (name, value) => {
  root.dataset[name] = value;
  kept(name, value);
  if (name === "scheme") scheme.value = value;
  else market.setAttribute("aria-pressed", String(value === "red-up"));
};
choose("scheme", ["light", "dark"].includes(kept("scheme")) ? kept("scheme") : "system");
choose("market", kept("market") === "red-up" ? "red-up" : "safe");
scheme.addEventListener("change", () => {
  choose("scheme", scheme.value);
  drawAll();
});
market.addEventListener("click", () => {
  choose("market", root.dataset.market === "red-up" ? "safe" : "red-up");
  drawAll();
});
