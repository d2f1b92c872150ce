/* Tables: sorted by a heading, filtered by words, more rows on request, saved as CSV or JSON. */
const MORE_ROWS = 500;

const save = (name, type, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
/* A text that a spreadsheet would take for a formula gets a quote before it. */
const csvCell = (value) => {
  if (value === null) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csv = ({ columns, rows }) =>
  [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
const json = ({ columns, rows }) =>
  JSON.stringify(rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at], value]))), null, 1);

const tableData = async (script) =>
  script.type === "application/json"
    ? parsed(script)
    : JSON.parse(new TextDecoder().decode(await unpacked(script.textContent)));

class DataTable {
  constructor(holder) {
    this.table = holder.querySelector("table");
    this.script = holder.querySelector("script[data-table]");
    this.body = this.table.tBodies[0];
    this.drawn = [...this.body.rows];
    this.limit = this.shown = this.drawn.length;
    this.status = holder.querySelector(".rows");
    this.more = holder.querySelector(".more");
    this.filter = holder.querySelector("input");
    this.sorting = null;
    for (const heading of this.table.tHead.rows[0].cells) {
      heading.querySelector("button.sort")?.addEventListener("click", () => this.sort(heading));
    }
    this.filter?.addEventListener("input", () => this.update());
    this.more?.addEventListener("click", () => {
      this.shown += MORE_ROWS;
      this.update();
    });
    for (const button of holder.querySelectorAll("button[data-save]")) {
      button.addEventListener("click", () => this.save(button.dataset.save));
    }
  }
  async load() {
    this.data ??= await tableData(this.script);
    return this.data;
  }
  async save(kind) {
    const data = await this.load();
    const name = `${this.table.id}.${kind}`;
    if (kind === "csv") save(name, "text/csv;charset=utf-8", "\ufeff" + csv(data));
    else save(name, "application/json", json(data));
  }
  sort(heading) {
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    this.sorting = { column: heading.cellIndex, sign: down ? -1 : 1 };
    this.update();
  }
  written(row) {
    return this.data.texts ? this.data.texts[row] : [...this.drawn[row].cells].map((cell) => cell.textContent);
  }
  /* Rows beyond those that came with the page are made when they are first shown. */
  row(at) {
    if (!this.drawn[at]) {
      const like = this.drawn[0];
      const row = like.cloneNode(false);
      row.classList.remove("marked");
      this.data.texts[at].forEach((text, column) => {
        const cell = like.cells[column].cloneNode(false);
        const value = this.data.rows[at][column];
        if (cell.dataset.signed !== undefined) cell.className = `numeric ${sign(value)}`;
        cell.textContent = text;
        row.append(cell);
      });
      this.drawn[at] = row;
    }
    return this.drawn[at];
  }
  async update() {
    const { rows } = await this.load();
    const words = (this.filter?.value ?? "").toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let kept = rows.map((_, at) => at);
    if (words.length) {
      kept = kept.filter((at) => {
        const text = this.written(at).join(" ").toLocaleLowerCase();
        return words.every((word) => text.includes(word));
      });
    }
    if (this.sorting) {
      const { column, sign } = this.sorting;
      kept.sort((a, b) => sign * compare(rows[a][column], rows[b][column]));
    }
    this.body.replaceChildren(...kept.slice(0, this.shown).map((at) => this.row(at)));
    if (this.more) this.more.hidden = kept.length <= this.shown;
    if (this.status) {
      this.status.textContent = this.status.dataset.text
        .replace("{shown}", Math.min(kept.length, this.shown).toLocaleString("en-US"))
        .replace("{rows}", rows.length.toLocaleString("en-US"));
    }
  }
}
const sign = (value) => (value > 0 ? "up" : value < 0 ? "down" : "");
/* Numbers by their exact value, the rest as text; what does not exist comes first. */
const compare = (a, b) => {
  if (a === null || b === null) return (a !== null) - (b !== null);
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
};
const tables = [...document.querySelectorAll(".data-table")].map((holder) => new DataTable(holder));
