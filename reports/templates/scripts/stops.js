/* One stop of the keyboard for each group of buttons; arrows, Home and End go on inside it. */
const MOVES = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
for (const group of document.querySelectorAll(".numbers, .scorecard, .data-table thead, .tools, .slide")) {
  const buttons = [...group.querySelectorAll("button")];
  const stop = (chosen) => buttons.forEach((button) => (button.tabIndex = button === chosen ? 0 : -1));
  stop(buttons[0]);
  group.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target);
    if (at < 0 || !(event.key in MOVES)) return;
    event.preventDefault();
    const next = buttons[Math.min(Math.max(at + MOVES[event.key], 0), buttons.length - 1)];
    stop(next);
    next.focus();
  });
}
/* A table stops the keyboard only where there is something to scroll. */
const scrolled = [...document.querySelectorAll(".scroll")];
const measure = () => {
  const wide = scrolled.map((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
  scrolled.forEach((box, at) => (box.tabIndex = wide[at] ? 0 : -1));
};
measure();
addEventListener("resize", measure, { passive: true });
