// One kind's own form by itself, by keyboard as in judging: practice in a gate, a decision, a known answer.
import { announce } from "../announce.js";
import { Keys, chord, isPressing, isTyping } from "../judging/keys.js";

const form = document.getElementById("answer");
const field = form?.querySelector(".kind");
const keys = new Keys(JSON.parse(form?.dataset.keys || "{}"));
let kind = null;
const ready = field && attach();

async function attach() {
  const module = await import(field.dataset.module);
  kind = module.attach(field, document.getElementById("judging"));
  form.addEventListener("submit", check);
  field.classList.add("active");
}

function say(problem) {
  const notice = document.createElement("div");
  notice.className = "notice error";
  notice.textContent = problem;
  form.querySelector("#judge-error").replaceChildren(notice);
  announce(problem);
}

function check(event) {
  const problem = kind.problem();
  if (problem) {
    event.preventDefault();
    say(problem);
    return;
  }
  const hidden = form.querySelector(`input[name="answers[${field.dataset.kind}]"]`);
  hidden.value = JSON.stringify(kind.answer());
}

// Enter goes on wherever the page has but one way to go.
function goOn() {
  if (form) form.requestSubmit();
  else document.querySelector("[data-go]")?.click();
}

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.defaultPrevented || event.isComposing) return;
  if (chord(event) === "Enter" && !event.shiftKey) {
    event.preventDefault(); // while typing, too
    if (!event.repeat) goOn();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(target)) {
    if (key === "Escape") target.blur();
    return;
  }
  if (isPressing(target, key) || (key === "Enter" && target.closest("input"))) return;
  if (field && !kind) ready.finally(() => onKey(event)); // in the order in which they were pressed
  else onKey(event);
});

const reason = () => field?.querySelector(".current [data-reason]") || field?.querySelector("[data-reason]");

function onKey(event) {
  const name = keys.canonical(event);
  if (name === "Enter") goOn();
  else if (name === "r" && reason()) reason().focus();
  else if (!kind?.key(name)) return;
  event.preventDefault();
}
