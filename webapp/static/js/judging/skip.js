// The skip panel: a common reason by its number, or words of one's own.
export class SkipPanel {
  // `onSkip(form)` sends it.
  constructor(section, onSkip) {
    this.form = section.querySelector("#skip");
    if (!this.form) return; // an answer that is changed cannot be skipped
    this.panel = this.form.querySelector("#skip-panel");
    this.input = this.form.querySelector("#skip-reason");
    this.opener = section.querySelector("#skip-open");
    this.opener.type = "button"; // else Enter in the reason would press it
    this.opener.addEventListener("click", () => this.open());
    this.opener.setAttribute("aria-expanded", "false");
    this.form.querySelector("#skip-cancel").addEventListener("click", () => this.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSkip(this.form);
    });
    for (const button of this.form.querySelectorAll("[data-reason-key]")) {
      button.addEventListener("click", () => this.#choose(button));
    }
  }

  get isOpen() {
    return Boolean(this.panel && !this.panel.hidden);
  }

  open() {
    if (!this.panel) return;
    this.panel.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.panel.scrollIntoView({ block: "nearest" });
    this.input.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    this.form.closest("#judging").focus({ preventScroll: true });
  }

  // A number chooses a reason as long as nothing was typed.
  key(name) {
    const button = this.form?.querySelector(`[data-reason-key="${CSS.escape(name)}"]`);
    if (!this.isOpen || !button || this.input.value) return false;
    this.#choose(button);
    return true;
  }

  send() {
    this.form?.requestSubmit();
  }

  #choose(button) {
    this.input.value = button.firstChild.textContent.trim();
    this.form.requestSubmit();
  }
}
