// Passages of a completion: selected in its text, marked, each with a note.
import { announce } from "../announce.js";
import { Keys } from "../judging/keys.js";
import { changed } from "./rows.js";
import { keepAsItIs } from "./source.js";

export class Passages {
  // `row` holds the text area, the list and its template; `completion` is where the text is shown.
  constructor(row, stored, completion) {
    this.row = row;
    this.stored = stored;
    this.completion = completion;
    this.source = row.querySelector(".source");
    this.area = this.source.querySelector("textarea");
    this.list = row.querySelector(".passages");
    this.button = row.querySelector("[data-mark]");
    keepAsItIs(this.area);
    this.button.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection
    this.button.addEventListener("click", () => this.mark());
    this.area.addEventListener("keydown", (event) => this.#onKey(event));
    this.list.addEventListener("click", (event) => this.#onClick(event));
    for (const passage of this.list.children) this.#paint(passage);
  }

  spans() {
    return [...this.list.children].map((passage) => {
      const span = this.#place(passage);
      return { ...span, quote: this.stored.quote(span), note: this.#part(passage, "note").value };
    });
  }

  // Marks what is selected, in the text area or in the completion; with nothing selected, opens the former.
  mark() {
    const [start, end] = this.#selected() ?? [0, 0];
    if (this.stored.shown.slice(start, end).trim()) this.#add(this.stored.span(start, end));
    else this.#open();
  }

  #selected() {
    if (document.activeElement === this.area) return [this.area.selectionStart, this.area.selectionEnd];
    const selection = window.getSelection();
    if (selection.isCollapsed || !this.completion?.contains(selection.anchorNode)) return null;
    return this.#found(selection.toString().trim());
  }

  // What is shown may be Markdown made into HTML: only words that stand once in the text are sure.
  #found(words) {
    const start = this.stored.shown.indexOf(words);
    const once = words && start >= 0 && start === this.stored.shown.lastIndexOf(words);
    return once ? [start, start + words.length] : null;
  }

  #open() {
    if (document.activeElement === this.area) {
      announce("Select a passage first.");
      return;
    }
    this.source.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.area.focus();
    this.area.setSelectionRange(0, 0);
  }

  #add(span) {
    const same = (passage) => {
      const place = this.#place(passage);
      return place.start === span.start && place.end === span.end;
    };
    if ([...this.list.children].some(same)) {
      announce("This passage is marked already.");
      return;
    }
    const passage = this.row.querySelector("template").content.firstElementChild.cloneNode(true);
    const number = Math.max(-1, ...[...this.list.children].map((one) => this.#number(one))) + 1;
    for (const input of passage.querySelectorAll("[data-part]")) {
      input.name = `${this.row.dataset.base}.spans.${number}.${input.dataset.part}`;
    }
    this.#part(passage, "start").value = span.start;
    this.#part(passage, "end").value = span.end;
    this.list.append(passage);
    this.#paint(passage);
    changed(this.#part(passage, "start"));
    announce(`Marked: ${this.stored.quote(span)}`);
  }

  #number(passage) {
    return Number(this.#part(passage, "note").name.split(".").at(-2));
  }

  #paint(passage) {
    const quote = this.stored.quote(this.#place(passage));
    this.#part(passage, "quote").value = quote;
    this.#part(passage, "note").setAttribute("aria-label", `Note on “${quote}”`);
    passage.querySelector(".quote").textContent = quote;
  }

  #part(passage, part) {
    return passage.querySelector(`[data-part="${part}"]`);
  }

  #place(passage) {
    const [start, end] = ["start", "end"].map((part) => Number(this.#part(passage, part).value));
    return { start, end };
  }

  #onKey(event) {
    const keys = new Keys(JSON.parse(this.row.closest("[data-keys]")?.dataset.keys ?? "{}"));
    if (event.ctrlKey || event.metaKey || event.altKey || keys.canonical(event) !== "h") return;
    event.preventDefault();
    this.mark();
  }

  #onClick(event) {
    const passage = event.target.closest("[data-remove]")?.closest(".passage");
    if (!passage) return;
    passage.remove();
    changed(this.list);
    announce("The mark is removed.");
  }
}
