/* The section in view is marked in the navigation, and everything begins. */
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const sections = [...document.querySelectorAll("main > section")];
const mark = () => {
  const above = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 6);
  const current = links.get((above.at(-1) ?? sections[0]).id);
  if (!current || current.hasAttribute("aria-current")) return;
  for (const link of links.values()) link.removeAttribute("aria-current");
  current.setAttribute("aria-current", "true");
  const bar = document.querySelector("nav");
  bar.scrollLeft = current.offsetLeft - bar.clientWidth / 2;
};
addEventListener("scroll", mark, { passive: true });

for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", drawAll);
}
/* On paper every meaning is open. */
const closed = [...document.querySelectorAll("details:not([open])")];
addEventListener("beforeprint", () => closed.forEach((details) => details.toggleAttribute("open", true)));
addEventListener("afterprint", () => closed.forEach((details) => details.toggleAttribute("open", false)));
for (const { place } of drawings.values()) near.observe(place);
idle(drawNext);
mark();
/* Asked for the whole page at once, to print or photograph it. */
if (location.hash === "#whole") {
  drawAll();
  root.dataset.height = root.scrollHeight;
}
