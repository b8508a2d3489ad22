// Pairwise: 1 and 2 choose by place, 0 is a tie, 9 both bad; the chosen key again raises the strength.
import { Rows, changed } from "../js/answers/rows.js";

export function attach(field, section) {
  const choices = [...field.querySelectorAll('input[name="pairwise.choice"]')];
  const strengths = [...field.querySelectorAll('input[name="pairwise.strength"]')];
  const aspects = [...field.querySelectorAll(".pair-aspect")];
  const reason = field.querySelector("[data-reason]");
  const rows = new Rows(field, [...field.querySelectorAll(".pair-row")]);
  const chosen = (row = field.querySelector(".choice-row")) => row.querySelector("input:checked");
  const prefers = () => ["first", "second"].includes(chosen()?.value);
  const strength = () => (prefers() ? Number(strengths.find((input) => input.checked)?.value || 1) : 1);

  function show() {
    const index = { first: "0", second: "1" }[chosen()?.value];
    for (const completion of section.querySelectorAll(".completion")) {
      completion.classList.toggle("preferred", completion.dataset.index === index);
    }
    field.querySelector(".strength-row").classList.toggle("off", !prefers());
    field.classList.toggle("waiting", false);
  }

  function choose(place) {
    const wanted = choices.find((input) => input.dataset.place === place);
    if (!wanted) return false;
    if (wanted.checked && prefers()) {
      strengths[strength() % strengths.length].checked = true;
    } else if (!wanted.checked) {
      wanted.checked = true;
      strengths[0].checked = true;
    }
    changed(wanted);
    return true;
  }

  function chooseAspect(row, place) {
    const wanted = row.querySelector(`input[data-place="${place}"]`);
    if (!wanted) return false;
    wanted.checked = !wanted.checked;
    changed(wanted);
    return true;
  }

  function press(place) {
    const row = rows.current;
    return aspects.includes(row) ? chooseAspect(row, place) : choose(place);
  }

  function problem() {
    if (!chosen()) return "Choose A, B or tie first.";
    if (reason?.dataset.wanted === "required" && !reason.value.trim()) return "Give a reason first.";
    return "";
  }

  function answer() {
    const pairs = aspects.map((row) => chosen(row)).filter(Boolean);
    return {
      choice: chosen().value,
      strength: strength(),
      reason: reason?.value ?? "",
      aspects: Object.fromEntries(
        pairs.map((input) => [input.name.slice("pairwise.aspects.".length), input.value]),
      ),
    };
  }

  field.addEventListener("input", show);
  rows.go(0);
  show();
  const moves = { ArrowUp: -1, ArrowDown: 1 };
  return {
    key: (name) => (name in moves ? rows.move(moves[name]) : /^[0-9]$/.test(name) && press(name)),
    problem,
    answer,
  };
}
