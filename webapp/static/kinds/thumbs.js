// Thumbs: 1 is up, 2 is down, then 3 to 9 and 0 give tags; with several completions the arrows move.
import { Rows, changed, inOrder, markCurrent } from "../js/answers/rows.js";

const chosen = (row) => row.querySelector("input[type=radio]:checked");
const reasonOf = (row) => row.querySelector("[data-reason]");

// Only tags of the thumb's own direction are shown, and only they count.
function showTags(row) {
  const value = chosen(row)?.value;
  for (const group of row.querySelectorAll(".tag-choices")) {
    group.hidden = group.dataset.up !== value;
    if (!group.hidden) continue;
    for (const box of group.querySelectorAll("input")) box.checked = false;
  }
}

export function attach(field, section) {
  const rows = new Rows(field, [...field.querySelectorAll(".thumb")], show);

  function show() {
    for (const row of rows.rows) {
      const value = chosen(row)?.value;
      const completion = section.querySelector(`.completion[data-index="${row.dataset.index}"]`);
      completion?.classList.toggle("upped", value === "true");
      completion?.classList.toggle("downed", value === "false");
      if (value) row.classList.remove("waiting");
      showTags(row);
    }
    markCurrent(section, rows.current.dataset.index);
  }

  function press(up) {
    const input = rows.current.querySelector(`input[value="${up}"]`);
    input.checked = true;
    changed(input);
    return true;
  }

  function tag(key) {
    const boxes = rows.current.querySelectorAll(".tag-choices:not([hidden]) input");
    const box = boxes[key === "0" ? 7 : Number(key) - 3];
    if (!box) return false;
    box.checked = !box.checked;
    changed(box);
    return true;
  }

  function unreasoned(row) {
    return reasonOf(row)?.dataset.wanted === "required" && !reasonOf(row).value.trim();
  }

  function problem() {
    const open = rows.rows.filter((row) => !chosen(row));
    const mute = rows.rows.filter((row) => unreasoned(row));
    const waiting = open.length ? open : mute;
    for (const row of rows.rows) {
      row.classList.toggle("waiting", rows.rows.length > 1 && waiting.includes(row));
    }
    if (open.length) return "Say up or down for every completion first.";
    return mute.length ? "Give a reason for every thumb first." : "";
  }

  function thumb(row) {
    return {
      completion: Number(row.dataset.index),
      desirable: chosen(row).value === "true",
      tags: [...row.querySelectorAll(".tag-choices input:checked")].map((box) => box.value),
      reason: reasonOf(row)?.value ?? "",
    };
  }

  field.addEventListener("input", show);
  rows.go(0);
  const keys = {
    1: () => press(true),
    2: () => press(false),
    ArrowUp: () => rows.move(-1),
    ArrowDown: () => rows.move(1),
  };
  return {
    key: (name) => keys[name]?.() ?? (/^[0-9]$/.test(name) && tag(name)),
    problem,
    answer: () => ({ thumbs: inOrder(rows.rows.map(thumb)) }),
  };
}
