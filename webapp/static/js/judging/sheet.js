// The page around the item: the help sheet and the guidelines, which stay as the reader left them.
import { remember } from "./memory.js";

export function openHelp() {
  const help = document.getElementById("help");
  if (!help || help.open) return;
  const keys = [...document.querySelectorAll("#answer [data-keys]")].map((list) => {
    const copy = list.cloneNode(true);
    copy.hidden = false;
    return copy;
  });
  help.querySelector("#help-kinds").replaceChildren(...keys);
  help.showModal();
}

export function toggleGuidelines() {
  const guidelines = document.getElementById("guidelines");
  guidelines.open = !guidelines.open;
  if (guidelines.open) guidelines.scrollIntoView({ block: "nearest" });
}

export function rememberGuidelines() {
  const guidelines = document.getElementById("guidelines");
  guidelines.addEventListener("toggle", () => {
    remember("guidelines", guidelines.open ? "open" : "closed");
  });
}
