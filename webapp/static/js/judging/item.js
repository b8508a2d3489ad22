// One item on the screen: its kinds, its clock, its lease, its sending.
import { announce } from "../announce.js";
import { Clock } from "./clock.js";
import { Lease } from "./lease.js";
import { bodyOf, send } from "./send.js";

const PAUSES = [1000, 2000, 4000, 8000, 15000]; // between attempts when the connection is lost

export class Item {
  // onNext(html) is called with the next item once this one is stored or skipped.
  constructor(section, onNext) {
    this.section = section;
    this.onNext = onNext;
    this.form = section.querySelector("#answer");
    this.errors = section.querySelector("#judge-error");
    this.kinds = [];
    this.clock = new Clock();
    this.lease = new Lease(section, (html) => this.show(html));
    this.ready = this.load();
    this.form.addEventListener("submit", (event) => this.#on(event, () => this.submit()));
    this.form.addEventListener("input", () => this.#changed());
    this.skip = section.querySelector("#skip");
    this.skipPanel = section.querySelector("#skip-panel");
    this.skip.addEventListener("submit", (event) => this.#on(event, () => this.sendSkip()));
    const open = section.querySelector("#skip-open");
    open.type = "button"; // else Enter in the reason would press it
    open.addEventListener("click", () => this.askSkip());
    section.querySelector("#skip-cancel").addEventListener("click", () => this.cancelSkip());
  }

  #changed() {
    this.body = null;
    this.errors.querySelector("[data-local]")?.remove();
  }

  #on(event, action) {
    event.preventDefault();
    action();
  }

  async load() {
    for (const field of this.form.querySelectorAll(".kind")) {
      const module = await import(field.dataset.module);
      const hidden = field.querySelector(`input[name="answers[${field.dataset.kind}]"]`);
      const kind = { field, hidden, ...module.attach(field, this.section) };
      field.addEventListener("focusin", () => this.activate(kind));
      this.kinds.push(kind);
    }
    this.activate(this.kinds[0]);
  }

  // Single keys speak to the active kind: the first, then the one that was focused or comes next.
  activate(kind) {
    this.active = kind;
    for (const other of this.kinds) other.field.classList.toggle("active", other === kind);
  }

  key(name) {
    return !this.sending && (this.active?.key(name) ?? false);
  }

  focusReason() {
    const field = this.active?.field;
    const reason = field?.querySelector(".current [data-reason]") || field?.querySelector("[data-reason]");
    reason?.focus();
  }

  async submit() {
    if (this.sending) return;
    await this.ready;
    const waiting = this.kinds.find((kind) => kind.problem());
    if (waiting && waiting !== this.active && !this.active.problem()) {
      document.activeElement.blur();
      this.activate(waiting);
      waiting.field.scrollIntoView({ block: "nearest" });
      announce(waiting.field.querySelector("legend").textContent);
      return;
    }
    for (const kind of this.kinds) kind.field.classList.toggle("waiting", kind === waiting);
    if (waiting) {
      this.showText(waiting.problem());
      return;
    }
    await this.#send(this.form.action, this.#answerBody());
  }

  // The body is kept until something is typed: a repeat after a lost connection must be the same.
  #answerBody() {
    if (this.body) return this.body;
    for (const kind of this.kinds) kind.hidden.value = JSON.stringify(kind.answer());
    this.form.elements.lead_time.value = this.clock.seconds();
    this.body = bodyOf(this.form);
    return this.body;
  }

  askSkip() {
    this.skipPanel.hidden = false;
    this.skipPanel.scrollIntoView({ block: "nearest" });
    this.skipPanel.querySelector("input").focus();
  }

  cancelSkip() {
    this.skipPanel.hidden = true;
    this.section.focus({ preventScroll: true });
  }

  async sendSkip() {
    if (!this.sending) await this.#send(this.skip.action, bodyOf(this.skip));
  }

  async #send(url, body) {
    this.#busy(true);
    for (const pause of [...PAUSES, null]) {
      const { outcome, html } = await send(url, body);
      if (outcome === "ok") {
        this.close();
        this.onNext(html);
        return;
      }
      if (outcome === "refused") {
        this.body = null;
        this.show(html);
        this.#offerNext();
        break;
      }
      if (outcome === "login") {
        this.showText("You are logged out. Log in again in another tab, then submit once more.");
        break;
      }
      if (pause === null) {
        this.showText("The server cannot be reached. Your answer is kept here: submit again later.");
        break;
      }
      this.showText("The connection was lost. Trying again; your answer is kept here.");
      await new Promise((resolve) => window.setTimeout(resolve, pause));
    }
    this.#busy(false);
  }

  // A lease that has ended must not be a dead end.
  #offerNext() {
    const link = document.createElement("a");
    link.href = this.form.action;
    link.className = "button small";
    link.textContent = "Leave it and open the next item";
    this.errors.append(link);
  }

  #busy(state) {
    this.sending = state;
    this.form.classList.toggle("busy", state);
    this.form.setAttribute("aria-busy", String(state));
    for (const field of this.form.querySelectorAll(".kind")) field.inert = state;
  }

  show(html) {
    this.errors.innerHTML = html; // our server's own fragment, escaped there
    this.errors.scrollIntoView({ block: "nearest" });
  }

  showText(text) {
    const notice = document.createElement("div");
    notice.className = "notice error";
    notice.dataset.local = "";
    notice.textContent = text;
    this.errors.replaceChildren(notice);
    announce(text);
  }

  close() {
    this.clock.stop();
    this.lease.stop();
  }
}
