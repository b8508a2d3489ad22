// A list of prices, each paid or not. Arrows move the place where the answers switch.
const EQUAL = "Both are equal to you: you pay nothing.";

export class Prices {
  constructor(root) {
    this.single = root.dataset.single === "enforce";
    this.currency = root.dataset.currency;
    this.left = root.querySelector("[data-left]");
    this.rows = [...root.querySelectorAll(".wtp-price")].map((item) => ({
      item,
      price: item.dataset.price,
      pay: item.querySelector('input[value="true"]'),
      keep: item.querySelector('input[value="false"]'),
    }));
    this.rising = Number(this.rows[0].price) < Number(this.rows.at(-1).price);
    for (const [n, row] of this.rows.entries()) {
      row.item.addEventListener("input", () => this.#chosen(n));
    }
  }

  // One answer settles the others where there is to be one switching point.
  #chosen(n) {
    if (!this.single) return;
    const paid = this.rows[n].pay.checked;
    this.#switchAt(paid === this.rising ? n + 1 : n);
  }

  // The rows above the place are answered one way, those below it the other way.
  #switchAt(place) {
    for (const [n, row] of this.rows.entries()) {
      const paid = n < place === this.rising;
      row.pay.checked = paid;
      row.keep.checked = !paid;
    }
  }

  // How many rows lie above the switch; null while the list is not answered, or switches more than once.
  #place() {
    const paid = this.rows.map((row) => (row.pay.checked ? true : row.keep.checked ? false : null));
    if (paid.includes(null)) return null;
    const place = paid.findIndex((one) => one !== this.rising);
    if (place < 0) return paid.length;
    return paid.slice(place).includes(this.rising) ? null : place;
  }

  #move(by) {
    const from = this.#place() ?? (by > 0 ? 0 : this.rows.length);
    return this.#set(from + by);
  }

  // A row by itself, as radio buttons are moved through.
  #choose(input) {
    input.checked = true;
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  #set(wanted) {
    const place = Math.min(this.rows.length, Math.max(0, wanted));
    this.#switchAt(place);
    const row = this.rows[Math.min(place, this.rows.length - 1)];
    row.item.scrollIntoView({ block: "nearest" });
    this.left.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  key(name) {
    const row = this.rows.find((one) => one.item.contains(document.activeElement));
    if (name === "ArrowLeft" && row) return this.#choose(row.pay);
    if (name === "ArrowRight" && row) return this.#choose(row.keep);
    if (name === "ArrowDown") return this.#move(1);
    if (name === "ArrowUp") return this.#move(-1);
    if (name === "Home") return this.#set(0);
    if (name === "End") return this.#set(this.rows.length);
    return false;
  }

  focus() {
    document.activeElement?.blur();
  }

  show(equal) {
    const place = this.#place();
    for (const [n, row] of this.rows.entries()) {
      row.item.classList.toggle("switch", n === place && n > 0);
      if (row.pay.checked || row.keep.checked) row.item.classList.remove("waiting");
    }
    this.left.textContent = equal ? EQUAL : this.#sentence();
  }

  #sentence() {
    const paid = this.rows.filter((row) => row.pay.checked).map((row) => Number(row.price));
    const kept = this.rows.filter((row) => row.keep.checked).map((row) => Number(row.price));
    if (paid.length + kept.length < this.rows.length) return "Use the arrows, or choose at each price.";
    if (!kept.length) return "You pay at every price of the list.";
    if (!paid.length) return "You keep the money at every price.";
    if (Math.max(...paid) > Math.min(...kept)) return "You refuse a price and pay a higher one.";
    return `You pay up to ${this.#written(Math.max(...paid))}, and keep the money from ${this.#written(Math.min(...kept))}.`;
  }

  #written(price) {
    const row = this.rows.find((one) => Number(one.price) === price);
    return `${row.price} ${this.currency}`;
  }

  problem() {
    const open = this.rows.filter((row) => !row.pay.checked && !row.keep.checked);
    for (const row of open) row.item.classList.add("waiting");
    return open.length ? "Decide at every price: pay it, or keep the money." : "";
  }

  answer() {
    return { choices: this.rows.map((row) => ({ price: row.price, pay: row.pay.checked })) };
  }
}
