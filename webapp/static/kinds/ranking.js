// Ranking: digits rank the current completion, Space and arrows move it, a pointer drags it.
import { announce } from "../js/announce.js";
import { Board, rankOf } from "../js/answers/board.js";
import { makeDraggable } from "../js/answers/drag.js";
import { put, step, without } from "../js/answers/order.js";
import { Rows, changed, markCurrent } from "../js/answers/rows.js";

class Ranking {
  constructor(field, section) {
    this.field = field;
    this.section = section;
    this.ties = field.querySelector(".ranking").dataset.ties === "yes";
    this.board = new Board(field);
    this.cards = this.board.cards;
    this.held = null; // while a card is picked up, the ranks to go back to
    this.cannot = field.querySelector(".unrankable input");
    this.why = field.querySelector(".unrankable textarea");
    this.buttons = [...field.querySelectorAll(".rank-button")];
    this.rows = new Rows(field, this.cards, () => this.show());
    this.#listen();
    this.rows.go(0);
    this.board.draw();
  }

  get current() {
    return this.rows.current;
  }

  #listen() {
    const bar = this.field.querySelector(".rank-bar");
    this.field.querySelector(".rank-fields").hidden = true;
    bar.addEventListener("pointerdown", (event) => event.preventDefault()); // Enter still submits
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.rank(Number(button.dataset.rank)));
    }
    this.field.addEventListener("focusin", (event) => {
      if (event.target !== this.current) this.letGo();
    });
    this.field.addEventListener("input", () => this.show());
    makeDraggable(this.board.element, {
      onPress: (card) => {
        this.letGo();
        this.rows.go(this.cards.indexOf(card));
      },
      onDrop: (card, zone, event) => this.drop(card, zone, event),
    });
  }

  show() {
    this.field.querySelector(".rank-of").textContent = `Rank of ${this.current.textContent}`;
    for (const button of this.buttons) {
      const chosen = Number(button.dataset.rank) === rankOf(this.current);
      button.setAttribute("aria-pressed", String(chosen));
    }
    for (const card of this.cards) this.#label(card);
    markCurrent(this.section, this.current.input.dataset.index);
    this.field.classList.remove("waiting");
    this.field.querySelector(".ranking").classList.toggle("off", this.cannot.checked);
    this.why.disabled = this.why.parentElement.hidden = !this.cannot.checked;
  }

  #label(card) {
    const rank = rankOf(card);
    const held = Boolean(this.held) && card === this.current;
    card.setAttribute("aria-label", `${card.dataset.name}, ${rank === null ? "not ranked" : `rank ${rank}`}`);
    card.setAttribute("aria-pressed", String(held));
    card.classList.toggle("held", held);
    const header = `.completion[data-index="${card.input.dataset.index}"] header`;
    this.section.querySelector(header)?.setAttribute("data-rank", rank ?? "");
  }

  // The ranks of the cards in their order; null where there is none.
  store(ranks) {
    for (const [n, card] of this.cards.entries()) card.input.value = ranks[n] ?? "";
    this.cannot.checked = false;
    this.board.draw();
    changed(this.current.input);
    announce(this.board.said());
  }

  arrange(tiers) {
    const at = this.cards.map((card) => tiers.findIndex((tier) => tier.includes(card)));
    this.store(at.map((n) => (n < 0 ? null : n + 1)));
  }

  // Without ties the completion that has the rank takes the one that becomes free.
  rank(number) {
    if (number > this.cards.length) {
      announce(`There are ${this.cards.length} completions.`);
      return true;
    }
    const free = rankOf(this.current);
    const other = (card) => (!this.ties && rankOf(card) === number ? free : rankOf(card));
    this.store(this.cards.map((card) => (card === this.current ? number : other(card))));
    return true;
  }

  hold() {
    this.held = this.held ? null : this.cards.map(rankOf);
    announce(this.held ? `${this.current.dataset.name} picked up. Arrows move it.` : "Dropped.");
    this.show();
    return true;
  }

  letGo() {
    if (!this.held) return;
    this.held = null;
    this.show();
  }

  putBack() {
    if (!this.held) return false;
    const ranks = this.held;
    this.held = null;
    this.store(ranks);
    return true;
  }

  // What is held is moved; else the arrows up and down go to another completion.
  arrow(direction, upright) {
    if (!this.held) return upright && this.rows.move(direction);
    this.arrange(step(this.board.tiers, this.current, direction, this.ties));
    return true;
  }

  toggleCannot() {
    this.cannot.checked = !this.cannot.checked;
    changed(this.cannot);
    if (this.cannot.checked) this.why.focus();
    return true;
  }

  drop(card, zone, event) {
    const { tiers } = this.board;
    const n = Number(zone.dataset.tier);
    const box = zone.getBoundingClientRect();
    const behind = event.clientX > box.left + box.width / 2 ? n + 1 : n;
    if (zone.dataset.drop === "tray") this.arrange(without(tiers, card));
    else if (zone.dataset.drop === "before") this.arrange(put(tiers, card, { before: n }));
    else this.arrange(put(tiers, card, this.ties ? { onto: n } : { before: behind }));
  }

  problem() {
    if (this.cannot.checked) return this.why.value.trim() ? "" : "Say why they cannot be ranked.";
    const open = this.board.loose.map((card) => card.textContent);
    if (!open.length) return "";
    const have = open.length > 1 ? "have" : "has";
    return `Rank every completion first: ${open.join(", ")} ${have} no rank.`;
  }

  answer() {
    if (this.cannot.checked) return { ranks: [], unrankable: this.why.value };
    const stored = [...this.cards].sort((a, b) => a.input.dataset.index - b.input.dataset.index);
    return { ranks: stored.map(rankOf), unrankable: "" };
  }
}

export function attach(field, section) {
  const ranking = new Ranking(field, section);
  const keys = {
    ArrowUp: () => ranking.arrow(-1, true),
    ArrowDown: () => ranking.arrow(1, true),
    ArrowLeft: () => ranking.arrow(-1, false),
    ArrowRight: () => ranking.arrow(1, false),
    " ": () => ranking.hold(),
    Escape: () => ranking.putBack(),
    x: () => ranking.toggleCannot(),
  };
  return {
    key: (name) => keys[name]?.() ?? (/^[0-9]$/.test(name) && ranking.rank(Number(name) || 10)),
    problem: () => ranking.problem(),
    answer: () => ranking.answer(),
  };
}
