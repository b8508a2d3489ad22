// The rows of an answer form: one of them is current; arrows and focus move on.
import { announce } from "../announce.js";

export class Rows {
  // `onChange()` is called when another row has become current.
  constructor(field, rows, onChange) {
    this.rows = rows;
    this.index = 0;
    this.onChange = onChange;
    field.addEventListener("focusin", (event) => {
      const index = rows.findIndex((row) => row.contains(event.target));
      if (index >= 0) this.go(index);
    });
  }

  get current() {
    return this.rows[this.index];
  }

  // False at either end: then the key is the next kind's.
  move(step) {
    const row = this.rows[this.index + step];
    if (!row) return false;
    document.activeElement?.blur();
    this.go(this.index + step);
    row.scrollIntoView({ block: "nearest" });
    announce(row.dataset.name || "");
    return true;
  }

  go(index) {
    this.index = index;
    for (const [n, row] of this.rows.entries()) {
      row.classList.toggle("current", this.rows.length > 1 && n === index);
    }
    this.onChange?.();
  }
}

// Shows on the screen's completions which one is meant, if there are several.
export function markCurrent(section, index) {
  const completions = [...section.querySelectorAll(".completion[data-index]")];
  for (const completion of completions) {
    const meant = completions.length > 1 && completion.dataset.index === String(index);
    completion.classList.toggle("current", meant);
  }
}

// Tells the form that a field was changed by a script, as typing does.
export function changed(input) {
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// The letter under which a completion is shown.
export const letter = (place) => String.fromCharCode(64 + Number(place));

// The entries of an answer in stored order, as they are sent.
export const inOrder = (entries) => entries.sort((a, b) => a.completion - b.completion);
