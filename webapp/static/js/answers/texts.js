// A form of one text for each completion: its rows, what is still missing in them, and the keys that move.
import { Rows, inOrder, markCurrent } from "./rows.js";

// `all`: an object for each row, with `row`, `problem` and `answer`; `keys`: a key to a method of the current one.
// Returns what a kind's `attach` does; the answers stand under `name`.
export function attachTexts(field, section, all, name, keys) {
  const rows = new Rows(field, all.map((one) => one.row), show);

  function show() {
    markCurrent(section, rows.current.dataset.index);
    for (const one of all) if (!one.problem) one.row.classList.remove("waiting");
  }

  function problem() {
    const open = all.filter((one) => one.problem);
    for (const one of all) one.row.classList.toggle("waiting", open.includes(one));
    return open[0]?.problem ?? "";
  }

  function key(pressed) {
    if (pressed === "ArrowUp") return rows.move(-1);
    if (pressed === "ArrowDown") return rows.move(1);
    return pressed in keys && all[rows.index][keys[pressed]]();
  }

  field.addEventListener("input", show);
  rows.go(0);
  return { key, problem, answer: () => ({ [name]: inOrder(all.map((one) => one.answer)) }) };
}
