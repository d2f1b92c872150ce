/* The slider over thresholds: counts are summed up once, trades are walked at every move. */
const MINUS = "\u2212", PERCENT = "\u202f%", NONE = "\u2013";
const STEPS = 1000, POINTS = 900;

const number = (value, digits) => {
  if (!Number.isFinite(value)) return NONE;
  const text = value.toLocaleString("en-US", {
    minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: "halfEven",
  });
  return (/^-[0,.]*$/.test(text) ? text.slice(1) : text).replace("-", MINUS);
};
const share = (value, digits = 1) => (Number.isFinite(value) ? number(value * 100, digits) + PERCENT : NONE);
const gain = (value) => (value > 0 ? "+" : "") + share(value, 2);
const WRITERS = {
  precision: share, recall: share, max_drawdown: share,
  expectancy: gain, expectancy_after_costs: gain, total_return: gain,
  lift: (value) => number(value, 2), signals_per_month: (value) => number(value, 1), threshold: (value) => number(value, 3),
};

/* Positions of at most about so many values: the lowest and highest of each stretch, and both ends. */
const thinned = (values, points) => {
  const kept = new Set([0, values.length - 1]);
  const width = Math.max(1, Math.ceil((2 * values.length) / points));
  for (let start = 0; start < values.length; start += width) {
    let [low, high] = [start, start];
    for (let at = start; at < Math.min(start + width, values.length); at++) {
      if (values[at] < values[low]) low = at;
      if (values[at] > values[high]) high = at;
    }
    kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b);
};

/* Sums over all rows at or above each level, the highest probability being level 0. */
const running = (levels, rows, of) => {
  const sums = new Float64Array(levels);
  for (let row = 0; row < rows.length; row++) sums[rows[row]] += of(row);
  for (let level = 1; level < levels; level++) sums[level] += sums[level - 1];
  return sums;
};

class Explored {
  constructor(data, arrays) {
    Object.assign(this, data, arrays);
    const levels = (this.levels = this.thresholds.length);
    const { level, hit, returns } = this;
    const isKnown = (row) => !Number.isNaN(returns[row]);
    this.count = running(levels, level, () => 1);
    this.hits = running(levels, level, (row) => hit[row]);
    this.known = running(levels, level, (row) => Number(isKnown(row)));
    this.sums = running(levels, level, (row) => (isKnown(row) ? returns[row] : 0));
  }
  /* What the rows at or above a level give; level -1 is a threshold above all of them. */
  figures(at) {
    const over = (part, whole) => (whole > 0 ? part / whole : NaN);
    const of = (sums) => (at < 0 ? 0 : sums[at]);
    const last = this.levels - 1;
    const [signals, hits] = [of(this.count), of(this.hits)];
    const [rows, events] = [this.count[last], this.hits[last]];
    const expectancy = over(of(this.sums), of(this.known));
    return {
      signals, precision: over(hits, signals), recall: hits / events,
      lift: over(hits, signals) / (events / rows),
      signals_per_month: this.months ? signals / this.months : NaN,
      expectancy, expectancy_after_costs: expectancy - this.cost,
      true_positives: hits, false_positives: signals - hits,
      false_negatives: events - hits, true_negatives: rows - events - signals + hits,
    };
  }
  /* One position a symbol: a row is traded when it is selected, its symbol is free and has money. */
  trade(at) {
    const { level, symbol, entry, held, waits, growth, times, symbols } = this;
    const change = new Float64Array(times.length);
    let [current, free, account, trades] = [-1, 0, 0, 0];
    for (let row = 0; row < level.length; row++) {
      if (symbol[row] !== current) {
        [current, free, account] = [symbol[row], 0, 1 / symbols];
      }
      if (account <= 0 || level[row] > at || entry[row] < free || entry[row] >= times.length) continue;
      const grown = account * growth[row];
      const exit = entry[row] + held[row];
      change[exit] += grown - account;
      account = grown;
      free = exit + waits[row];
      trades++;
    }
    return { trades, ...this.equityOf(change) };
  }
  equityOf(change) {
    const [x, y] = [[this.times[0]], [1]];
    let [equity, highest, drawdown] = [1, 1, 0];
    for (let bar = 0; bar < change.length; bar++) {
      if (change[bar] === 0 && bar < change.length - 1) continue;
      equity += change[bar];
      highest = Math.max(highest, equity);
      drawdown = Math.min(drawdown, equity / highest - 1);
      x.push(this.times[bar]);
      y.push(equity);
    }
    return { total_return: equity - 1, max_drawdown: drawdown, x, y };
  }
}

class ThresholdSlider {
  constructor(holder, explored) {
    this.explored = explored;
    this.slider = holder.querySelector("input[type=range]");
    this.outputs = [...holder.querySelectorAll("[data-shows]")];
    this.at = explored.frozen ?? Math.floor((explored.levels - 1) / 2);
    this.width = Math.log1p(Math.max(explored.levels - 1, 1));
    this.slider.max = STEPS;
    this.slider.addEventListener("input", () => this.go(this.level(Number(this.slider.value))));
    this.slider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: 1, ArrowDown: 1, ArrowRight: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.go(this.at + step);
    });
    const steps = { lower: () => this.at + 1, higher: () => this.at - 1, frozen: () => explored.frozen };
    for (const button of holder.querySelectorAll("button[data-go]")) {
      button.addEventListener("click", () => this.go(steps[button.dataset.go]()));
      button.disabled = false;
    }
    this.slider.disabled = false;
    this.go(this.at);
  }
  /* High thresholds select few rows, so they get more of the slider's way. */
  level(step) {
    return Math.round(Math.expm1((1 - step / STEPS) * this.width));
  }
  step(level) {
    return Math.round((1 - Math.log1p(Math.max(level, 0)) / this.width) * STEPS);
  }
  threshold() {
    const { explored, at } = this;
    return at === explored.frozen ? explored.frozen_threshold : explored.thresholds[Math.max(at, 0)];
  }
  go(level) {
    const lowest = this.explored.frozen === -1 ? -1 : 0;
    this.at = Math.min(Math.max(level, lowest), this.explored.levels - 1);
    this.show();
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = undefined;
      this.move();
    });
  }
  show() {
    const { explored } = this;
    this.traded = explored.equity ? explored.trade(this.at) : {};
    const figures = { threshold: this.threshold(), ...explored.figures(this.at), ...this.traded };
    this.slider.value = this.step(this.at);
    this.slider.setAttribute("aria-valuetext", WRITERS.threshold(figures.threshold));
    for (const output of this.outputs) {
      const value = figures[output.dataset.shows];
      output.textContent = (WRITERS[output.dataset.shows] ?? ((found) => number(found, 0)))(value);
    }
  }
  /* Drawings that are not there yet will come with what is put into them here. */
  move() {
    const threshold = this.threshold();
    for (const name of this.explored.drawings) {
      const drawing = drawings.get(name);
      const line = drawing.spec.layout.shapes.find((shape) => shape.name === "slider");
      line.x0 = line.x1 = threshold;
      if (drawing.waiting) continue;
      /* All shapes at once: Plotly draws these alone, where a change of one makes it measure axes. */
      const style = getComputedStyle(root);
      Plotly.relayout(drawing.place, { shapes: coloured(drawing.spec.layout.shapes, style) });
    }
    if (!this.explored.equity) return;
    const drawing = drawings.get(this.explored.equity);
    const kept = thinned(this.traded.y, POINTS);
    const x = kept.map((at) => this.traded.x[at]);
    const y = kept.map((at) => this.traded.y[at]);
    Object.assign(drawing.spec.data[0], { x, y });
    if (!drawing.waiting) Plotly.restyle(drawing.place, { x: [x], y: [y] });
  }
}

const sliders = [];
for (const script of document.querySelectorAll("script[data-explorer]")) {
  const id = script.dataset.explorer;
  const data = parsed(script);
  const packed = document.querySelector(`script[data-arrays="${id}"]`);
  unpackedArrays(packed.textContent, data.arrays).then((arrays) => {
    sliders.push(new ThresholdSlider(document.getElementById(id), new Explored(data, arrays)));
  });
}
