// The page around the item: the help sheet and the guidelines, which stay as the reader left them.
const REMEMBERED = "touchstone.guidelines";

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
  if (guidelines) guidelines.open = !guidelines.open;
}

export function rememberGuidelines() {
  const guidelines = document.getElementById("guidelines");
  if (!guidelines) return;
  const before = read();
  guidelines.open = before ? before === "open" : window.innerWidth >= 1280;
  guidelines.addEventListener("toggle", () => write(guidelines.open ? "open" : "closed"));
}

function read() {
  try {
    return window.localStorage.getItem(REMEMBERED);
  } catch {
    return null; // storage is switched off: then nothing is remembered
  }
}

function write(value) {
  try {
    window.localStorage.setItem(REMEMBERED, value);
  } catch {
    // as above
  }
}
