// Project settings: only the settings of chosen kinds are shown. Without this all are, folded.
const kinds = document.querySelectorAll('input[name="kinds"]');

for (const choice of kinds) choice.addEventListener("change", () => show(choice, true));
for (const choice of kinds) show(choice, false);

function show(choice, changed) {
  const part = document.querySelector(`[data-kind="${CSS.escape(choice.value)}"]`);
  if (!part) return;
  part.hidden = !choice.checked;
  if (changed && choice.checked) part.open = true;
}
