// Pairwise: 1 and 2 choose by place, 0 is a tie; the chosen key again raises the strength.
export function attach(field, section) {
  const choices = [...field.querySelectorAll('input[name="pairwise.choice"]')];
  const strengths = [...field.querySelectorAll('input[name="pairwise.strength"]')];
  const reason = field.querySelector("[data-reason]");
  const chosen = () => choices.find((input) => input.checked);
  const strength = () => Number(strengths.find((input) => input.checked)?.value || 1);

  function show() {
    const value = chosen()?.value;
    const index = { first: "0", second: "1" }[value];
    for (const completion of section.querySelectorAll(".completion")) {
      completion.classList.toggle("preferred", completion.dataset.index === index);
    }
    field.querySelector(".strength-row").classList.toggle("off", value === "tie");
    field.classList.toggle("waiting", false);
  }

  function raise() {
    strengths[strength() % strengths.length].checked = true;
  }

  function press(place) {
    const wanted = choices.find((input) => input.dataset.place === place);
    if (!wanted) return false;
    if (wanted.checked && wanted.value !== "tie") {
      raise();
    } else if (!wanted.checked) {
      wanted.checked = true;
      strengths[0].checked = true;
    }
    wanted.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  field.addEventListener("input", show);
  show();
  return {
    key: (name) => ["0", "1", "2"].includes(name) && press(name),
    problem: () => (chosen() ? "" : "Choose A, B or tie first."),
    answer: () => {
      const choice = chosen().value;
      const much = choice === "tie" ? 1 : strength();
      return { choice, strength: much, reason: reason.value };
    },
  };
}
