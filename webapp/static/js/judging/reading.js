// Aids for reading what is judged: copy buttons, the text as it was written, images that fail, wide tables.
import { announce } from "../announce.js";
import { recall, remember } from "./memory.js";

const REMEMBERED = "text_as_source";
const COPIED_FOR = 1500; // milliseconds that "Copied" stands on the button

let asSource = recall(REMEMBERED) === "yes";

// Makes a new section ready; it need not be in the page yet.
export function prepare(section) {
  for (const pre of section.querySelectorAll(".rendered pre")) addCopy(pre);
  for (const box of section.querySelectorAll(".table-wrap")) box.tabIndex = 0; // wide ones scroll
  for (const image of section.querySelectorAll(".media img")) watch(image);
  applySource(section);
}

export function toggleSource() {
  asSource = !asSource;
  remember(REMEMBERED, asSource ? "yes" : "no");
  applySource(document);
  announce(asSource ? "Text as it was written." : "Text as Markdown.");
  return asSource;
}

export const showsSource = () => asSource;

function applySource(root) {
  for (const source of root.querySelectorAll(".text.source")) {
    source.hidden = !asSource;
    source.previousElementSibling.hidden = asSource;
  }
}

// Words of ours must stay out of the text that is compared and copied: the button stands beside the code.
function addCopy(pre) {
  const box = document.createElement("div");
  box.className = "code-box";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = "Copy";
  button.dataset.copyCode = "";
  button.setAttribute("aria-label", "Copy the code");
  pre.replaceWith(box);
  box.append(pre, button);
}

function watch(image) {
  const failed = () => {
    image.hidden = true;
    image.nextElementSibling.hidden = false;
  };
  image.addEventListener("error", failed);
  if (image.complete && image.src && image.naturalWidth === 0) failed();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy-code], [data-copy]");
  if (!button) return;
  const code = button.dataset.copyCode !== undefined;
  const completion = button.closest(".completion");
  const text = code
    ? button.parentElement.querySelector("pre").textContent
    : (completion.querySelector(".source") || completion.querySelector(".text")).textContent;
  copy(button, text);
});

async function copy(button, text) {
  const label = button.textContent;
  const done = (await toClipboard(text)) ? "Copied" : "Not copied";
  announce(done);
  button.textContent = done;
  window.setTimeout(() => (button.textContent = label), COPIED_FOR);
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed, or the page came over plain HTTP
  }
}
