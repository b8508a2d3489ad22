// The judging page: paints item after item and hands single keys to whom they are meant for.
import { announce } from "../announce.js";
import { showTimes } from "../times.js";
import { Item } from "./item.js";
import { openHelp, rememberGuidelines, toggleGuidelines } from "./sheet.js";

const area = document.getElementById("judging-area");
let item = null;

function begin() {
  const section = area.querySelector("#judging");
  item = section.querySelector("#answer") ? new Item(section, paint) : null;
}

function paint(html) {
  area.innerHTML = html; // our server's own fragment, escaped there
  window.htmx?.process(area);
  showTimes(area);
  begin();
  window.scrollTo(0, 0);
  area.querySelector("#judging").focus({ preventScroll: true });
  announce(item ? "Saved. Next item." : "Saved. Nothing is left to judge.");
}

const ACTIONS = {
  s: () => item?.askSkip(),
  Backspace: () => item?.askSkip(),
  r: () => item?.focusReason(),
  g: toggleGuidelines,
  "?": openHelp,
  Enter: () => item?.submit(),
};

function isTyping(target) {
  return target.matches?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
}

// Enter and space on these do what they always do.
function isPressed(target, key) {
  return (key === "Enter" || key === " ") && target.closest?.("button, a, summary");
}

function onTyping(event) {
  if (event.key !== "Escape") return;
  if (event.target.closest("#skip-panel")) item?.cancelSkip();
  else event.target.blur();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const { key, target } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (target.closest?.("#skip-panel")) item?.sendSkip();
    else item?.submit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(target)) {
    onTyping(event);
    return;
  }
  if (isPressed(target, key)) return;
  const action = ACTIONS[key.length === 1 ? key.toLowerCase() : key];
  if (!(item?.key(key) || action)) return;
  event.preventDefault();
  if (action && !event.repeat) action();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) openHelp();
});

// A page from the browser's back cache shows an item that went back to the queue.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

rememberGuidelines();
begin();
