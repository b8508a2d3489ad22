// Willingness to pay: 1, 2 and 0 say which is preferred; then an amount or a list of prices says how much.
import { Amount } from "../js/answers/amount.js";
import { Prices } from "../js/answers/prices.js";

export function attach(field, section) {
  const root = field.querySelector(".wtp");
  const choices = [...root.querySelectorAll('input[name="willingness_to_pay.preferred"]')];
  const reason = root.querySelector("[data-reason]");
  const worth = root.dataset.mechanism === "price_list" ? new Prices(root) : new Amount(root);
  const chosen = () => choices.find((input) => input.checked);
  const isPreferred = () => ["first", "second"].includes(chosen()?.value);

  function show() {
    const index = { first: "0", second: "1" }[chosen()?.value];
    for (const completion of section.querySelectorAll(".completion")) {
      completion.classList.toggle("preferred", completion.dataset.index === index);
    }
    root.querySelector(".wtp-worth").classList.toggle("off", !isPreferred());
    worth.show(chosen()?.value === "equal");
  }

  function press(place) {
    const wanted = choices.find((input) => input.dataset.place === place);
    wanted.checked = true;
    wanted.dispatchEvent(new Event("input", { bubbles: true }));
    if (isPreferred()) worth.focus();
    return true;
  }

  function key(name) {
    if (["0", "1", "2"].includes(name)) return press(name);
    return isPreferred() && worth.key(name);
  }

  function problem() {
    if (!chosen()) return "Say first which you prefer, or that both are equal.";
    return isPreferred() ? worth.problem() : "";
  }

  field.addEventListener("input", show);
  show();
  return {
    key,
    problem,
    answer: () => ({
      preferred: chosen().value,
      ...(isPreferred() ? worth.answer() : {}),
      reason: reason.value,
    }),
  };
}
