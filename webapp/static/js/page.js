// What every page needs: local times, forms that are sent once, and messages of failed live parts.
import { showTimes } from "./times.js";
import { announce } from "./announce.js";

document.documentElement.classList.add("js");
showTimes(document);

// All scripts of the page have run: what is shown from now on works (layout.css).
document.addEventListener("DOMContentLoaded", () => document.documentElement.classList.add("ready"));

document.addEventListener("htmx:afterSettle", (event) => showTimes(event.target));

// A part that renews itself waits while it is used: a button that is replaced between press and release loses
// its click, and a request out of the old part its answer.
let pressed = null;
for (const name of ["pointerdown", "keydown"]) {
  window.addEventListener(name, (event) => (pressed = event.target), true);
}
for (const name of ["pointerup", "pointercancel", "keyup", "blur"]) {
  window.addEventListener(name, () => (pressed = null));
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  const isRenewal = !requestConfig.triggeringEvent;
  if (isRenewal && (target.contains(pressed) || target.querySelector(".htmx-request"))) event.preventDefault();
});

// Error pages of live parts carry a readable message: show them where the answer would have been.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const isHtml = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");
  if (xhr.status >= 400 && xhr.status < 500 && isHtml) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("htmx:sendError", () => announce("The server cannot be reached."));

// A second press on a slow connection must not send a form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.dataset.repeat !== undefined) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A form that asks before it is sent: <form data-confirm="...">.
document.addEventListener(
  "submit",
  (event) => {
    const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);
