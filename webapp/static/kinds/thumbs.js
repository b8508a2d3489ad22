// Thumbs: 1 is up, 2 is down; with several completions the arrows move.
export function attach(field, section) {
  const rows = [...field.querySelectorAll(".thumb")];
  let current = 0;
  const chosen = (row) => row.querySelector("input[type=radio]:checked");

  function show() {
    for (const [n, row] of rows.entries()) {
      const value = chosen(row)?.value;
      const completion = section.querySelector(`.completion[data-index="${row.dataset.index}"]`);
      completion?.classList.toggle("upped", value === "true");
      completion?.classList.toggle("downed", value === "false");
      completion?.classList.toggle("current", rows.length > 1 && n === current);
      row.classList.toggle("current", n === current);
      if (value) row.classList.remove("waiting");
    }
  }

  function move(step) {
    if (rows.length < 2) return false;
    current = Math.min(rows.length - 1, Math.max(0, current + step));
    rows[current].scrollIntoView({ block: "nearest" });
    show();
    return true;
  }

  function press(up) {
    const input = rows[current].querySelector(`input[value="${up}"]`);
    input.checked = true;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  function problem() {
    const open = rows.filter((row) => !chosen(row));
    for (const row of rows) row.classList.toggle("waiting", rows.length > 1 && open.includes(row));
    return open.length ? "Say up or down for every completion first." : "";
  }

  field.addEventListener("input", show);
  field.addEventListener("focusin", (event) => {
    const n = rows.findIndex((row) => row.contains(event.target));
    if (n >= 0) current = n;
    show();
  });
  show();
  const keys = {
    1: () => press(true),
    2: () => press(false),
    ArrowUp: () => move(-1),
    ArrowDown: () => move(1),
  };
  return {
    key: (name) => keys[name]?.() ?? false,
    problem,
    answer: () => ({
      thumbs: rows
        .map((row) => ({
          completion: Number(row.dataset.index),
          desirable: chosen(row).value === "true",
          reason: row.querySelector("[data-reason]").value,
        }))
        .sort((a, b) => a.completion - b.completion),
    }),
  };
}
