// Correction: the completion is edited, and what was changed is shown as it is typed; n: nothing to correct.
import { Rows, changed, inOrder, markCurrent } from "../js/answers/rows.js";
import { StoredText } from "../js/answers/source.js";
import { diffWords } from "../js/judging/diff.js";

const PAUSE = 150; // milliseconds without typing before the change is drawn
const TAGS = { insert: "ins", delete: "del", same: "span" };

class Correction {
  constructor(row) {
    this.row = row;
    this.original = JSON.parse(row.dataset.text);
    this.shown = new StoredText(this.original).shown;
    this.area = row.querySelector("textarea");
    this.box = row.querySelector("input[type=checkbox]");
    this.restore = row.querySelector("[data-restore]");
    this.restore.addEventListener("click", () => this.#write(this.shown));
    this.area.addEventListener("input", () => {
      if (this.edited) this.box.checked = false;
      this.#later();
    });
    this.draw();
  }

  get edited() {
    return this.area.value !== this.shown;
  }

  get problem() {
    const { name } = this.row.dataset;
    if (!this.area.value.trim()) return `${name} has no text: write how it should read.`;
    if (this.edited && this.box.checked) return `${name} was changed, and marked as nothing to correct.`;
    if (!this.edited && !this.box.checked) return `${name}: correct it, or say that there is nothing to correct.`;
    return "";
  }

  // A text as it was is sent as it was stored, line ends included.
  get answer() {
    const text = this.edited ? this.area.value : this.original;
    return { completion: Number(this.row.dataset.index), text, unchanged: this.box.checked };
  }

  // What was typed is never thrown away by a single key: first it is put back, then marked.
  toggle() {
    if (this.edited) return false;
    this.box.checked = !this.box.checked;
    changed(this.box);
    return true;
  }

  #write(text) {
    this.area.value = text;
    changed(this.area);
    this.draw();
  }

  #later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.draw(), PAUSE);
  }

  draw() {
    const box = this.row.querySelector(".changes-box");
    box.hidden = this.restore.hidden = !this.edited;
    const changes = this.edited ? diffWords(this.shown, this.area.value) : [];
    const count = changes.filter((change) => change.op !== "same").length;
    box.querySelector("[data-count]").textContent = count ? `${count} change${count === 1 ? "" : "s"}` : "";
    box.querySelector(".changes").replaceChildren(
      ...changes.map(({ op, text }) =>
        Object.assign(document.createElement(TAGS[op]), { textContent: text }),
      ),
    );
  }
}

export function attach(field, section) {
  const all = [...field.querySelectorAll(".correction-row")].map((row) => new Correction(row));
  const rows = new Rows(field, all.map((one) => one.row), show);

  function show() {
    markCurrent(section, rows.current.dataset.index);
    for (const one of all) if (!one.problem) one.row.classList.remove("waiting");
  }

  function problem() {
    const open = all.filter((one) => one.problem);
    for (const one of all) one.row.classList.toggle("waiting", open.includes(one));
    return open[0]?.problem ?? "";
  }

  field.addEventListener("input", show);
  rows.go(0);
  const keys = {
    n: () => all[rows.index].toggle(),
    ArrowUp: () => rows.move(-1),
    ArrowDown: () => rows.move(1),
  };
  return {
    key: (name) => keys[name]?.() ?? false,
    problem,
    answer: () => ({ corrections: inOrder(all.map((one) => one.answer)) }),
  };
}
