// A stored text in a text area: where a selection lies in it, and a caret without a way to change it.

// A text area writes every line end as \n and counts UTF-16 units; stored offsets count code points.
export class StoredText {
  constructor(stored) {
    this.points = [...stored];
    this.shown = "";
    this.starts = []; // for each unit of `shown`, the code point where it begins
    for (const [n, point] of this.points.entries()) {
      if (point === "\n" && this.points[n - 1] === "\r") continue; // one line end with what is before
      this.shown += point === "\r" ? "\n" : point;
      while (this.starts.length < this.shown.length) this.starts.push(n);
    }
    this.starts.push(this.points.length);
  }

  // The stored offsets of a selection in `shown`.
  span(start, end) {
    return { start: this.starts[start], end: this.starts[end] };
  }

  quote({ start, end }) {
    return this.points.slice(start, end).join("");
  }
}

// `readonly` would take the caret away, and with it selecting by keyboard.
export function keepAsItIs(area) {
  const text = area.value;
  area.readOnly = false;
  area.setAttribute("aria-readonly", "true");
  area.inputMode = "none"; // no keyboard on a phone
  area.addEventListener("beforeinput", (event) => event.preventDefault());
  area.addEventListener("input", (event) => {
    event.stopPropagation();
    area.value = text; // an input method cannot be prevented
  });
}
