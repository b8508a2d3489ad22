// Demonstration: a text, and how long it is.
export function attach(field) {
  const area = field.querySelector("textarea");
  const count = field.querySelector("[data-count]");
  const fewest = Number(area.dataset.fewest);
  const written = () => [...area.value.trim()].length;

  function show() {
    count.textContent = `${written()} character${written() === 1 ? "" : "s"}.`;
  }

  field.addEventListener("input", show);
  show();
  return {
    key: () => false,
    problem() {
      if (!written()) return "Write the answer first.";
      return written() < fewest ? `Write at least ${fewest} characters; there are ${written()}.` : "";
    },
    answer: () => ({ text: area.value }),
  };
}
