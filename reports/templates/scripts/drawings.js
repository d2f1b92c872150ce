/* Figures: language, colours for light, dark and print, the near ones first, and log scales. */
const months = Array.from({ length: 12 }, (_, month) => `${month + 1}月`);
const days = [..."日一二三四五六"];
Plotly.register({
  moduleType: "locale",
  name: "zh",
  dictionary: {
    "Autoscale": "自动缩放", "Box Select": "框选", "Double-click to zoom back out": "双击恢复缩放",
    "Download plot as a PNG": "下载为 PNG 图片", "Download plot": "下载图片", "Pan": "平移",
    "Reset axes": "重置坐标轴", "Reset": "重置", "Zoom": "缩放", "Zoom in": "放大", "Zoom out": "缩小",
    "Compare data on hover": "悬停时对比数据", "Show closest data on hover": "悬停时显示最近数据",
    "Toggle Spike Lines": "显示或隐藏参考线", "Taking snapshot - this may take a few seconds": "正在生成图片",
    "Snapshot succeeded": "图片已生成", "Click to enter Y axis title": "", "Click to enter X axis title": "",
  },
  format: {
    days: days.map((day) => `星期${day}`), shortDays: days.map((day) => `周${day}`), months, shortMonths: months,
    date: "%Y-%m-%d", year: "%Y年", month: "%Y年%-m月", dayMonth: "%-m月%-d日", dayMonthYear: "%Y年%-m月%-d日",
  },
});
const config = {
  locale: document.documentElement.lang,
  responsive: true,
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
};
const PAPER = { wide: 686, half: 330, edge: 20, height: 0.56 }; // pixels between the margins of a sheet; of the height
const paper = matchMedia("print");
const touch = matchMedia("(pointer: coarse)").matches;
const parsed = (script) => JSON.parse(script.textContent);

/* Colours are written as CSS variables: put in what they are now. */
const coloured = (value, style) => {
  if (typeof value === "string") {
    const match = /^var\((--[a-z-]+)\)$/.exec(value);
    return match ? style.getPropertyValue(match[1]).trim() : value;
  }
  if (Array.isArray(value)) return value.map((item) => coloured(item, style));
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
};

const drawings = new Map(
  [...document.querySelectorAll("script[data-drawing]")].map((script) => [
    script.dataset.drawing,
    { place: document.getElementById(script.dataset.drawing), spec: parsed(script), waiting: true },
  ]),
);

/* The traces of the chosen view, with the axes as it wants them. */
const viewed = ({ spec, view }) => {
  if (!view) return spec;
  const layout = { ...spec.layout };
  for (const [name, axis] of Object.entries(view.layout)) layout[name] = { ...layout[name], ...axis };
  return { data: view.data, layout };
};

const draw = (drawing) => {
  const { data, layout } = coloured(viewed(drawing), getComputedStyle(document.documentElement));
  if (touch) layout.dragmode = false;
  if (paper.matches) {
    const width = drawing.place.closest("figure").offsetWidth > PAPER.wide / 2 + PAPER.edge ? PAPER.wide : PAPER.half;
    Object.assign(layout, { width, height: layout.height * PAPER.height, font: { ...layout.font, size: 9 } });
  }
  drawing.waiting = false;
  Plotly.react(drawing.place, data, layout, config).then(() => quieten(drawing.place));
};
/* What a drawing says stands beside it in words, and its buttons are for pointers: no stops of a keyboard. */
const quieten = (place) => {
  for (const picture of place.querySelectorAll(".main-svg")) picture.setAttribute("aria-hidden", "true");
  for (const bar of place.querySelectorAll(".modebar-container")) bar.setAttribute("aria-hidden", "true");
  for (const button of place.querySelectorAll(".modebar-btn")) button.tabIndex = -1;
};
const drawAll = () => drawings.forEach(draw);

/* What is in view is drawn at once, the rest one by one while the page is idle. */
const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 10));
const drawNext = () => {
  const next = [...drawings.values()].find((drawing) => drawing.waiting);
  if (!next) return;
  draw(next);
  idle(drawNext);
};
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const drawing = drawings.get(target.id);
    if (isIntersecting && drawing.waiting) draw(drawing);
  }
}, { rootMargin: "300px" });

for (const choice of document.querySelectorAll("select[data-views]")) {
  const drawing = drawings.get(choice.dataset.views);
  const script = document.querySelector(`script[data-view-list="${choice.dataset.views}"]`);
  let views = null; // all but the first, which is the drawing as it came
  choice.addEventListener("change", async () => {
    views ??= JSON.parse(new TextDecoder().decode(await unpacked(script.textContent)));
    drawing.view = views[choice.selectedIndex - 1];
    draw(drawing);
  });
}

for (const button of document.querySelectorAll("button[data-log]")) {
  button.addEventListener("click", () => {
    const drawing = drawings.get(button.dataset.log);
    const log = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(log));
    const axis = drawing.spec.layout[button.dataset.axis];
    Object.assign(axis, { type: log ? "log" : "linear", autorange: true });
    delete axis.range;
    draw(drawing);
  });
}
