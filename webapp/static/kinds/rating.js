// Rating: up and down move over the scales, digits set the score, left and right adjust it.
import { Rows, changed, inOrder, markCurrent } from "../js/answers/rows.js";

// One aspect of one completion; its score lies in a radio button, or in a number beside a slider.
class Scale {
  constructor(row) {
    this.row = row;
    this.low = Number(row.dataset.low);
    this.high = Number(row.dataset.high);
    this.anchors = JSON.parse(row.dataset.anchors);
    this.radios = [...row.querySelectorAll("input[type=radio]")];
    this.number = row.querySelector("input[type=number]");
    this.slider = row.querySelector("input[type=range]");
    this.slider?.addEventListener("input", (event) => {
      event.stopPropagation(); // the number speaks for it
      this.set(Number(this.slider.value));
    });
  }

  get score() {
    const text = this.number ? this.number.value : (this.radios.find((r) => r.checked)?.value ?? "");
    return text.trim() === "" ? null : Number(text);
  }

  get fits() {
    return Number.isInteger(this.score) && this.score >= this.low && this.score <= this.high;
  }

  set(score) {
    const input = this.number || this.radios.find((radio) => Number(radio.value) === score);
    if (this.number) this.number.value = score;
    else input.checked = true;
    changed(input);
  }

  // A key that is no score of this scale does nothing, and goes nowhere else.
  digit(key) {
    const score = key === "0" && this.low > 0 ? 10 : Number(key);
    if (score >= this.low && score <= this.high) this.set(score);
    return true;
  }

  adjust(step) {
    const from = this.fits ? this.score + step : this.low;
    this.set(Math.min(this.high, Math.max(this.low, from)));
    return true;
  }

  // What the score means; before there is one, what the ends of the scale mean.
  show(current) {
    const { low, high, anchors, score } = this;
    const ends = [low, high].filter((n) => anchors[n]).map((n) => `${n} ${anchors[n]}`);
    const meaning = score === null ? (current ? ends.join(" … ") : "") : (anchors[score] ?? "");
    const place = this.row.querySelector(".anchor");
    if (place.textContent !== meaning) place.textContent = meaning;
    if (this.slider) {
      this.slider.value = score ?? low;
      this.slider.classList.toggle("unset", score === null);
    }
    if (this.fits) this.row.classList.remove("waiting");
  }
}

export function attach(field, section) {
  const scales = [...field.querySelectorAll(".scale")].map((row) => new Scale(row));
  const rows = new Rows(field, scales.map((scale) => scale.row), show);
  const current = () => scales[rows.index];

  function show() {
    for (const scale of scales) scale.show(scale === current());
    markCurrent(section, rows.current.closest(".rating").dataset.index);
  }

  function problem() {
    const open = scales.filter((scale) => !scale.fits);
    for (const scale of scales) scale.row.classList.toggle("waiting", open.includes(scale));
    if (!open.length) return "";
    const { row, low, high } = open[0];
    const more = open.length > 1 ? ` (and ${open.length - 1} more)` : "";
    return `Give a score from ${low} to ${high} for ${row.dataset.name}${more}.`;
  }

  function rated(group) {
    const own = scales.filter((scale) => group.contains(scale.row));
    return {
      completion: Number(group.dataset.index),
      scores: Object.fromEntries(own.map((scale) => [scale.row.dataset.aspect, scale.score])),
    };
  }

  field.addEventListener("input", show);
  rows.go(0);
  const keys = {
    ArrowUp: () => rows.move(-1),
    ArrowDown: () => rows.move(1),
    ArrowLeft: () => current().adjust(-1),
    ArrowRight: () => current().adjust(1),
    "Shift+ArrowLeft": () => current().adjust(-10),
    "Shift+ArrowRight": () => current().adjust(10),
  };
  return {
    key: (name) => keys[name]?.() ?? (/^[0-9]$/.test(name) && current().digit(name)),
    problem,
    answer: () => ({ ratings: inOrder([...field.querySelectorAll(".rating")].map(rated)) }),
  };
}
