// An order with ties: tiers of cards, the best first. Nothing here changes what it is given.

// The tiers of the cards that have a rank; `rankOf(card)` is a number, or null.
export function tiersOf(cards, rankOf) {
  const ranks = [...new Set(cards.map(rankOf))].filter((rank) => rank !== null);
  return ranks.sort((a, b) => a - b).map((rank) => cards.filter((card) => rankOf(card) === rank));
}

// The order without the card.
export function without(tiers, card) {
  return tiers.map((tier) => tier.filter((other) => other !== card)).filter((tier) => tier.length);
}

// The card put onto the tier with that number (a tie), or before it (a tier of its own).
export function put(tiers, card, { onto, before }) {
  const rest = tiers.map((tier) => tier.filter((other) => other !== card));
  if (onto === undefined) rest.splice(before, 0, [card]);
  else rest[onto].push(card);
  return rest.filter((tier) => tier.length);
}

// The card one step up (-1) or down (1): out of a tie, into one, or past a neighbour without ties.
export function step(tiers, card, direction, ties) {
  const at = tiers.findIndex((tier) => tier.includes(card));
  const after = (n) => (direction < 0 ? n : n + 1);
  if (at < 0) return put(tiers, card, { before: tiers.length });
  if (tiers[at].length > 1) return put(tiers, card, { before: after(at) });
  const next = at + direction;
  if (!tiers[next]) return tiers;
  return put(tiers, card, ties ? { onto: next } : { before: after(next) });
}
