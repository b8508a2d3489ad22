// Critique: words on each completion, passages marked with h, and a rewrite with w.
import { announce } from "../js/announce.js";
import { Passages } from "../js/answers/passages.js";
import { Rows, changed, inOrder, markCurrent } from "../js/answers/rows.js";
import { StoredText } from "../js/answers/source.js";

class Critique {
  constructor(row, section) {
    this.row = row;
    this.stored = new StoredText(JSON.parse(row.dataset.text));
    this.area = row.querySelector("[data-reason]");
    this.rewrite = row.querySelector(".rewrite textarea");
    const completion = section.querySelector(`.completion[data-index="${row.dataset.index}"]`);
    this.passages = row.querySelector(".source") && new Passages(row, this.stored, completion);
    this.button = row.querySelector("[data-write]");
    this.button?.addEventListener("click", () => this.toggleRewrite());
    const wanted = row.dataset.rewrite === "required" || this.rewrite?.value;
    if (this.rewrite) this.#showRewrite(Boolean(wanted));
  }

  get problem() {
    const { name } = this.row.dataset;
    if (!this.area.value.trim()) return `Write what is good or bad about ${name} first.`;
    const text = this.#rewritten();
    if (this.row.dataset.rewrite === "required" && text === null) return `Rewrite ${name} first.`;
    if (text === this.stored.shown) return `The rewrite of ${name} changes nothing: change it, or close it.`;
    return "";
  }

  get answer() {
    return {
      completion: Number(this.row.dataset.index),
      text: this.area.value,
      spans: this.passages?.spans() ?? [],
      rewrite: this.#rewritten(),
    };
  }

  mark() {
    this.passages?.mark();
    return Boolean(this.passages);
  }

  toggleRewrite() {
    if (!this.rewrite) return false;
    this.#showRewrite(this.rewrite.disabled || this.row.dataset.rewrite === "required");
    changed(this.area);
    if (this.rewrite.disabled) announce("Without a rewrite.");
    else this.rewrite.focus();
    return true;
  }

  #rewritten() {
    return this.rewrite && !this.rewrite.disabled && this.rewrite.value.trim() ? this.rewrite.value : null;
  }

  // A rewrite that was closed does not count, but its text is kept in case it is opened again.
  #showRewrite(open) {
    if (open && !this.rewrite.value) this.rewrite.value = this.stored.shown;
    this.rewrite.disabled = this.rewrite.parentElement.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }
}

export function attach(field, section) {
  const all = [...field.querySelectorAll(".critique-row")].map((row) => new Critique(row, section));
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
    h: () => all[rows.index].mark(),
    w: () => all[rows.index].toggleRewrite(),
    ArrowUp: () => rows.move(-1),
    ArrowDown: () => rows.move(1),
  };
  return {
    key: (name) => keys[name]?.() ?? false,
    problem,
    answer: () => ({ critiques: inOrder(all.map((one) => one.answer)) }),
  };
}
