// The page of one's own keys: a field takes the key that is pressed in it; one key does one thing.
import { announce } from "./announce.js";

const form = document.getElementById("keys");
const problem = document.getElementById("key-problem");
const LEFT_ALONE = ["Tab", "Escape", "Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"];

const labelOf = (field) => form.querySelector(`label[for="${field.id}"]`).textContent;

function say(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function bind(field, key) {
  const fields = [...form.querySelectorAll("input[data-first]")];
  const holder = fields.find((other) => other !== field && other.value === key);
  if (holder) {
    say(`“${key}” does this already: ${labelOf(holder)}. Give that another key first.`);
    return;
  }
  say("");
  field.value = key;
  announce(`${labelOf(field)}: ${key}. Not saved yet.`);
}

form.addEventListener("keydown", (event) => {
  const field = event.target.closest("input[data-first]");
  if (!field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (LEFT_ALONE.includes(event.key)) return;
  event.preventDefault();
  if (event.key !== " ") bind(field, event.key.length === 1 ? event.key.toLowerCase() : event.key);
});

for (const field of form.querySelectorAll("input[data-first]")) {
  field.addEventListener("focus", () => field.select());
}
