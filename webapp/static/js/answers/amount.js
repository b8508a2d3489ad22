// An amount of money on a grid: a number field and a slider in step, moved by keys. Counted in whole steps.
const EQUAL = "Both are equal to you: you pay nothing.";

export class Amount {
  constructor(root) {
    const { step, cap, endowment, decimals, currency, mechanism } = root.dataset;
    this.decimals = Number(decimals);
    this.step = this.#units(step);
    this.cap = this.#units(cap);
    this.endowment = this.#units(endowment);
    this.currency = currency;
    this.mechanism = mechanism;
    this.text = root.querySelector("[data-amount]");
    this.slider = root.querySelector("[data-slider]");
    this.left = root.querySelector("[data-left]");
    this.slider.addEventListener("input", () => (this.text.value = this.#written(this.#units(this.slider.value))));
    for (const input of [this.text, this.slider]) {
      input.addEventListener("keydown", (event) => this.#onKey(event));
    }
  }

  // Smallest units of the grid's decimals, a whole number; NaN for what is not an amount on that scale.
  #units(text) {
    const match = /^(\d{0,9})(?:[.,](\d*))?$/.exec(String(text).trim());
    if (!match || !(match[1] || match[2])) return NaN;
    const fraction = (match[2] || "").replace(/0+$/, "").padEnd(this.decimals, "0");
    return fraction.length > this.decimals ? NaN : Number((match[1] || "0") + fraction);
  }

  #written(units) {
    const digits = String(units).padStart(this.decimals + 1, "0");
    if (!this.decimals) return digits;
    return `${digits.slice(0, -this.decimals)}.${digits.slice(-this.decimals)}`;
  }

  #set(units) {
    this.text.value = this.#written(Math.min(this.cap, Math.max(0, units)));
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  // From what lies off the grid the next step in that direction is taken.
  #move(steps) {
    const now = this.#units(this.text.value) || 0;
    const at = steps > 0 ? Math.floor(now / this.step) : Math.ceil(now / this.step);
    return this.#set((at + steps) * this.step);
  }

  key(name) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, "Shift+ArrowLeft": -10, "Shift+ArrowRight": 10 };
    if (name in moves) return this.#move(moves[name]);
    if (name === "Home") return this.#set(0);
    if (name === "End") return this.#set(this.cap);
    return false;
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const name = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
    if (this.key(name)) event.preventDefault();
  }

  focus() {
    this.text.focus();
    this.text.select();
  }

  show(equal) {
    const units = this.#units(this.text.value);
    if (equal) this.left.textContent = EQUAL;
    if (equal || Number.isNaN(units)) return;
    this.slider.value = this.#written(Math.min(units, this.cap));
    this.slider.setAttribute("aria-valuetext", `${this.#written(units)} ${this.currency}`);
    if (units > this.endowment) this.left.textContent = `More than your ${this.#money(this.endowment)}.`;
    else this.left.textContent = this.#sentence(units);
  }

  #money(units) {
    return `${this.#written(units)} ${this.currency}`;
  }

  #sentence(units) {
    const left = this.#money(this.endowment - units);
    if (this.mechanism === "open") return `You would have ${left} left.`;
    return `At a price up to ${this.#money(units)} you pay the price, with at least ${left} left; above it you keep all.`;
  }

  problem() {
    const text = this.text.value.trim();
    if (!text) return "Say the most that you would pay; 0 if nothing.";
    const units = this.#units(text);
    if (Number.isNaN(units)) return `"${text}" is not an amount such as ${this.#written(this.step)}.`;
    if (units > this.endowment) return `That is above your endowment of ${this.#money(this.endowment)}.`;
    if (units > this.cap) return `That is above the highest amount, ${this.#money(this.cap)}.`;
    if (units % this.step) return `Amounts are multiples of ${this.#money(this.step)}.`;
    return "";
  }

  answer() {
    return { amount: this.#written(this.#units(this.text.value)) };
  }
}
