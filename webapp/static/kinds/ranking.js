// Ranking: digits rank the current completion, Space and arrows move it, a pointer drags it.
import { announce } from "../js/announce.js";
import { makeDraggable } from "../js/answers/drag.js";
import { put, step, tiersOf, without } from "../js/answers/order.js";
import { Rows, changed, letter, markCurrent } from "../js/answers/rows.js";

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function newCard(input) {
  const card = element("div", "rank-card", letter(input.dataset.place));
  card.tabIndex = 0;
  card.setAttribute("role", "button");
  card.setAttribute("aria-roledescription", "sortable");
  card.dataset.name = `Completion ${card.textContent}`;
  return Object.assign(card, { input });
}

const rankOf = (card) => (card.input.value === "" ? null : Number(card.input.value));

// The order as it is drawn: tiers with gaps between them, and what has no rank yet.
class Board {
  constructor(field) {
    this.board = field.querySelector(".rank-board");
    this.tiers = this.board.querySelector(".tiers");
    this.tray = this.board.querySelector(".tray");
  }

  draw(cards) {
    const focused = cards.find((card) => card === document.activeElement);
    const tiers = tiersOf(cards, rankOf);
    this.tiers.replaceChildren(
      this.#gap(0),
      ...tiers.flatMap((tier, n) => [this.#tier(tier, n), this.#gap(n + 1)]),
    );
    const loose = cards.filter((card) => rankOf(card) === null);
    this.tray.replaceChildren(...loose);
    this.tray.classList.toggle("empty", !loose.length);
    focused?.focus({ preventScroll: true });
  }

  #gap(before) {
    const gap = element("li", "tier-gap");
    gap.dataset.drop = "before";
    gap.dataset.tier = before;
    gap.setAttribute("aria-hidden", "true");
    return gap;
  }

  #tier(cards, n) {
    const tier = element("li", "tier");
    tier.dataset.drop = "onto";
    tier.dataset.tier = n;
    tier.append(element("span", "tier-rank", rankOf(cards[0])), ...cards);
    return tier;
  }
}

export function attach(field, section) {
  const ties = field.querySelector(".ranking").dataset.ties === "yes";
  const fields = field.querySelector(".rank-fields");
  const cards = [...fields.querySelectorAll("input")].map(newCard);
  const board = new Board(field);
  const rows = new Rows(field, cards, show);
  const cannot = field.querySelector(".unrankable input");
  const why = field.querySelector(".unrankable textarea");
  const buttons = [...field.querySelectorAll(".rank-button")];
  let held = null; // the ranks to go back to while a card is picked up

  function show() {
    const card = rows.current;
    field.querySelector(".rank-of").textContent = `Rank of ${card.textContent}`;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.rank) === rankOf(card)));
    }
    for (const one of cards) {
      const place = rankOf(one) === null ? "not ranked" : `rank ${rankOf(one)}`;
      one.setAttribute("aria-label", `${one.dataset.name}, ${place}`);
      one.setAttribute("aria-pressed", String(Boolean(held) && one === card));
      const completion = section.querySelector(`.completion[data-index="${one.input.dataset.index}"]`);
      if (completion) completion.dataset.rank = one.input.value;
    }
    markCurrent(section, card.input.dataset.index);
    field.classList.remove("waiting");
    field.querySelector(".ranking").classList.toggle("off", cannot.checked);
    why.disabled = why.parentElement.hidden = !cannot.checked;
  }

  function redraw() {
    board.draw(cards);
    show();
  }

  function tell() {
    const said = tiersOf(cards, rankOf).map(
      (tier) => `${rankOf(tier[0])}: ${tier.map((card) => card.textContent).join(" and ")}`,
    );
    const loose = cards.filter((card) => rankOf(card) === null).map((card) => card.textContent);
    if (loose.length) said.push(`not ranked: ${loose.join(", ")}`);
    announce(said.join("; "));
  }

  function store(values) {
    for (const [n, card] of cards.entries()) card.input.value = values[n] ?? "";
    cannot.checked = false;
    redraw();
    changed(rows.current.input);
    tell();
  }

  function arrange(tiers) {
    const at = cards.map((card) => tiers.findIndex((tier) => tier.includes(card)));
    store(at.map((n) => (n < 0 ? "" : n + 1)));
  }

  // Without ties the completion that has the rank takes the one that becomes free.
  function rank(number) {
    if (number > cards.length) {
      announce(`There are ${cards.length} completions.`);
      return true;
    }
    const before = rankOf(rows.current);
    const swapped = (card) => (!ties && rankOf(card) === number ? before : rankOf(card));
    store(cards.map((card) => (card === rows.current ? number : swapped(card))));
    return true;
  }

  function hold() {
    if (held) {
      held = null;
      announce("Dropped.");
    } else {
      held = cards.map((card) => rankOf(card));
      announce(`${rows.current.dataset.name} picked up. Arrows move it.`);
    }
    rows.current.classList.toggle("held", Boolean(held));
    show();
    return true;
  }

  function letGo() {
    rows.current.classList.remove("held");
    held = null;
  }

  function putBack() {
    if (!held) return false;
    const before = held;
    letGo();
    store(before);
    return true;
  }

  function arrow(direction, moves) {
    if (held) arrange(step(tiersOf(cards, rankOf), rows.current, direction, ties));
    else if (!moves) return false;
    else return rows.move(direction);
    return true;
  }

  function toggleCannot() {
    cannot.checked = !cannot.checked;
    show();
    changed(cannot);
    if (cannot.checked) why.focus();
    return true;
  }

  function drop(card, zone, event) {
    const tiers = tiersOf(cards, rankOf);
    const n = Number(zone.dataset.tier);
    const box = zone.getBoundingClientRect();
    const after = event.clientX > box.left + box.width / 2 ? 1 : 0;
    if (zone.dataset.drop === "tray") arrange(without(tiers, card));
    else if (zone.dataset.drop === "before") arrange(put(tiers, card, { before: n }));
    else arrange(put(tiers, card, ties ? { onto: n } : { before: n + after }));
  }

  function press(card) {
    letGo();
    rows.go(cards.indexOf(card));
  }

  function problem() {
    if (cannot.checked) return why.value.trim() ? "" : "Say why they cannot be ranked.";
    const open = cards.filter((card) => rankOf(card) === null).map((card) => card.textContent);
    return open.length ? `Rank every completion first: ${open.join(", ")} ${open.length > 1 ? "have" : "has"} no rank.` : "";
  }

  function answer() {
    if (cannot.checked) return { ranks: [], unrankable: why.value };
    const stored = [...cards].sort((a, b) => a.input.dataset.index - b.input.dataset.index);
    return { ranks: stored.map(rankOf), unrankable: "" };
  }

  fields.hidden = true;
  makeDraggable(board.board, { onPress: press, onDrop: drop });
  field.querySelector(".rank-bar").addEventListener("pointerdown", (event) => event.preventDefault());
  for (const button of buttons) {
    button.addEventListener("click", () => rank(Number(button.dataset.rank)));
  }
  field.addEventListener("focusin", (event) => {
    if (event.target !== rows.current && held) letGo();
  });
  field.addEventListener("input", show);
  rows.go(0);
  redraw();
  const keys = {
    ArrowUp: () => arrow(-1, true),
    ArrowDown: () => arrow(1, true),
    ArrowLeft: () => arrow(-1, false),
    ArrowRight: () => arrow(1, false),
    " ": hold,
    Escape: putBack,
    x: toggleCannot,
  };
  return {
    key: (name) => keys[name]?.() ?? (/^[0-9]$/.test(name) && rank(Number(name) || 10)),
    problem,
    answer,
  };
}
