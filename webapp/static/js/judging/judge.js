// The judging page: hands keys, clicks and the page's own end to whom they are meant for.
import { chord, isPressing, isTyping, Keys } from "./keys.js";
import { refreshDifferences, toggleDifferences } from "./marks.js";
import { showsSource, toggleSource } from "./reading.js";
import { openHelp, rememberGuidelines, toggleGuidelines } from "./sheet.js";
import { Stage } from "./stage.js";

const page = document.getElementById("judging-page");
const area = document.getElementById("judging-area");
const keys = new Keys(JSON.parse(page.dataset.keys));
document.addEventListener("painted", () => refreshDifferences(area));
const stage = new Stage(area, document.getElementById("last"), {
  next: page.dataset.nextUrl,
  last: page.dataset.lastUrl,
});

const TOOLS = {
  differences: () => toggleDifferences(area),
  source: () => {
    const shown = toggleSource();
    refreshDifferences(area);
    return shown;
  },
  guidelines: toggleGuidelines,
  help: openHelp,
};

function use(name) {
  const button = page.querySelector(`[data-tool="${name}"]`);
  const state = button && TOOLS[name]();
  if (button?.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(state));
}

const ACTIONS = {
  Enter: () => (stage.current ? stage.submit(stage.current) : area.querySelector("[data-go]")?.click()),
  s: () => stage.current?.skip.open(),
  Backspace: () => stage.current?.skip.open(),
  r: () => stage.current?.focusReason(),
  ArrowLeft: () => stage.previous(),
  ArrowRight: () => stage.forward(),
  ArrowUp: () => stage.current?.moveKind(-1),
  ArrowDown: () => stage.current?.moveKind(1),
  d: () => use("differences"),
  m: () => use("source"),
  g: () => use("guidelines"),
  "?": () => use("help"),
};

// These work while typing, too; true when there was something to do.
function onChord(name, target) {
  if (name === "Enter") {
    if (stage.current?.skip.isOpen && target.closest?.("#skip")) stage.current.skip.send();
    else ACTIONS.Enter();
  } else if (name === "s") {
    saveDraft();
  } else if (name === "z" && !isTyping(target)) {
    stage.previous();
  } else {
    return false;
  }
  return true;
}

async function saveDraft() {
  const kept = stage.current && (await stage.current.drafts.save());
  if (kept) stage.say("Draft saved.");
  else if (kept === false) stage.say("The draft could not be saved.");
}

function onTyping(event) {
  const { skip } = stage.current || {};
  if (event.key === "Escape" && event.target.closest("#skip")) skip?.close();
  else if (event.key === "Escape") event.target.blur();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const { target } = event;
  const chorded = chord(event);
  if (chorded) {
    if (!event.shiftKey && onChord(chorded, target)) event.preventDefault();
    return;
  }
  if (event.altKey) return;
  if (isTyping(target)) {
    onTyping(event);
    return;
  }
  if (isPressing(target, event.key)) return;
  if (event.key === "Escape") stage.current?.skip.close();
  onKey(event, keys.canonical(event));
});

function onKey(event, name) {
  const item = stage.current;
  if (item && !item.isReady) {
    item.ready.then(() => onKey(event, name)); // in the order in which they were pressed
    return;
  }
  if (item?.skip.isOpen) {
    if (!event.repeat && item.skip.key(name)) event.preventDefault();
    return; // an answer is not given behind the question
  }
  if (!name || item?.key(name)) {
    event.preventDefault();
    return;
  }
  if (!ACTIONS[name] || isMovingChoice(event.target, name)) return;
  event.preventDefault();
  if (!event.repeat) ACTIONS[name]();
}

// Left and right move within a group of choices that has the focus.
function isMovingChoice(target, name) {
  return target.matches?.("input[type=radio]") && ["ArrowLeft", "ArrowRight"].includes(name);
}

document.addEventListener("click", (event) => {
  const tool = event.target.closest("[data-tool]");
  if (tool) use(tool.dataset.tool);
  const link = event.target.closest("#previous, [data-forward]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.id === "previous") stage.previous();
  else stage.forward();
});

document.addEventListener("submit", (event) => {
  if (event.target.dataset.undo === undefined) return;
  event.preventDefault();
  stage.takeBack(event.target);
});

window.addEventListener("beforeunload", (event) => {
  stage.keep();
  if (stage.unsent) event.preventDefault();
});
window.addEventListener("online", () => stage.online());
window.addEventListener("pagehide", () => stage.close());
// A page from the browser's back cache shows an item that went back to the queue.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

rememberGuidelines();
page.querySelector('[data-tool="source"]')?.setAttribute("aria-pressed", String(showsSource()));

