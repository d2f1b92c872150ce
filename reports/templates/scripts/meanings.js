/* How a number is computed: shown by pointing at it, by focus and by touch; Escape closes it. */
const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
document.body.append(tip);
let explained = null;

const place = (element) => {
  const around = element.getBoundingClientRect();
  const left = Math.min(around.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
  const below = around.bottom + 6;
  const fits = below + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${fits ? below : Math.max(8, around.top - tip.offsetHeight - 6)}px`;
  return around.bottom > 0 && around.top < innerHeight;
};
const explain = (element) => {
  explained = element;
  tip.textContent = document.getElementById(element.getAttribute("aria-describedby")).textContent;
  tip.hidden = false;
  place(element);
};
const conceal = () => {
  explained = null;
  tip.hidden = true;
};
for (const element of document.querySelectorAll(".explain")) {
  element.addEventListener("pointerenter", () => explain(element));
  element.addEventListener("focus", () => explain(element));
  element.addEventListener("click", () => explain(element));
  element.addEventListener("pointerleave", () => {
    if (document.activeElement !== element) conceal();
  });
  element.addEventListener("blur", conceal);
}
addEventListener("keydown", ({ key }) => key === "Escape" && conceal());
/* Focus that moves on scrolls the page: what is focused keeps its explanation while it is seen. */
const follow = () => {
  if (!explained) return;
  if (document.activeElement === explained) tip.hidden = !place(explained);
  else conceal();
};
addEventListener("scroll", follow, { passive: true, capture: true });
