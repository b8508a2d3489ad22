// The board of a ranking: a card for each completion, in tiers with gaps between them, or in the tray.
import { tiersOf } from "./order.js";
import { letter } from "./rows.js";

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

// A card stands for the field that holds its completion's rank.
function newCard(input) {
  const card = element("div", "rank-card", letter(input.dataset.place));
  card.tabIndex = 0;
  card.setAttribute("role", "button");
  card.setAttribute("aria-roledescription", "sortable");
  card.dataset.name = `Completion ${card.textContent}`;
  return Object.assign(card, { input });
}

export const rankOf = (card) => (card.input.value === "" ? null : Number(card.input.value));

export class Board {
  constructor(field) {
    this.element = field.querySelector(".rank-board");
    this.list = this.element.querySelector(".tiers");
    this.tray = this.element.querySelector(".tray");
    this.cards = [...field.querySelectorAll(".rank-fields input")].map(newCard);
  }

  get tiers() {
    return tiersOf(this.cards, rankOf);
  }

  get loose() {
    return this.cards.filter((card) => rankOf(card) === null);
  }

  draw() {
    const focused = this.cards.find((card) => card === document.activeElement);
    this.list.replaceChildren(
      this.#gap(0),
      ...this.tiers.flatMap((tier, n) => [this.#tier(tier, n), this.#gap(n + 1)]),
    );
    this.tray.replaceChildren(...this.loose);
    this.tray.classList.toggle("empty", !this.loose.length);
    focused?.focus({ preventScroll: true }); // it was moved within the page
  }

  // The order in words, for screen readers.
  said() {
    const names = (cards, and) => cards.map((card) => card.textContent).join(and);
    const said = this.tiers.map((tier) => `${rankOf(tier[0])}: ${names(tier, " and ")}`);
    if (this.loose.length) said.push(`not ranked: ${names(this.loose, ", ")}`);
    return said.join("; ");
  }

  #gap(before) {
    const gap = element("li", "tier-gap");
    Object.assign(gap.dataset, { drop: "before", tier: before });
    gap.setAttribute("aria-hidden", "true");
    return gap;
  }

  #tier(cards, n) {
    const tier = element("li", "tier");
    Object.assign(tier.dataset, { drop: "onto", tier: n });
    tier.append(element("span", "tier-rank", rankOf(cards[0])), ...cards);
    return tier;
  }
}
