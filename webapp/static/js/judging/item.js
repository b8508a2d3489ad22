// One item: its kinds, its clock, its lease, its draft, and the body of its answer.
import { announce } from "../announce.js";
import { Clock } from "./clock.js";
import { Drafts, fieldsOf } from "./drafts.js";
import { Lease } from "./lease.js";
import { bodyOf } from "./send.js";
import { SkipPanel } from "./skip.js";
import { Trouble } from "./trouble.js";
import { CLIENT } from "./version.js";

const UNREADY = "A part of this page could not be loaded: its keys do nothing. Answer by mouse, or load the page again.";

export class Item {
  // `actions`: submit(item) and skip(item, form) send it; leave(item) opens the next one.
  constructor(section, actions) {
    this.section = section;
    this.actions = actions;
    this.form = section.querySelector("#answer");
    this.errors = section.querySelector("#judge-error");
    this.amends = section.dataset.amends || "";
    this.isFinal = this.form.dataset.final !== undefined;
    this.kinds = [];
    this.edits = Number(section.dataset.edits) || 0;
    this.clock = new Clock(Number(section.dataset.leadTime) || 0);
    this.trouble = new Trouble(section.querySelector("#trouble"));
    this.lease = new Lease(
      section,
      (html) => {
        this.show(html);
        this.offerToLeave();
      },
      (result) => this.#beaten(result),
    );
    this.drafts = new Drafts(
      section.dataset.draftUrl,
      () => this.#draft(),
      (result) => this.trouble.draft(result),
    );
    this.skip = new SkipPanel(section, (form) => actions.skip(this, form));
    this.ready = this.#load().finally(() => (this.isReady = true));
    this.form.addEventListener("input", (event) => this.#changed(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      actions.submit(this);
    });
  }

  get assignment() {
    return this.section.dataset.assignment || "";
  }

  // Whether leaving the page would lose something, or leave an answer behind that was meant to be sent.
  get unsent() {
    return this.returned || this.drafts.failed > 0 || Boolean(this.amends && this.typedIn);
  }

  // On the screen now: time counts, and the lease is kept. `ahead()`: the lease of the item behind.
  enter(ahead) {
    this.clock.start();
    this.lease.start(ahead);
  }

  // Off the screen, with everything typed kept.
  leave() {
    this.scrolled = window.scrollY;
    this.clock.stop();
    this.lease.stop();
  }

  // A kind whose script does not come is answered by its plain fields, as where there are no scripts.
  async #load() {
    for (const field of this.form.querySelectorAll(".kind")) {
      try {
        this.#attach(field, await import(field.dataset.module));
      } catch (error) {
        this.showText(UNREADY);
        console.error(error);
      }
    }
    if (this.kinds.length) this.activate(this.kinds[0]);
    this.#watchMore();
  }

  #attach(field, module) {
    const hidden = field.querySelector(`input[name="answers[${field.dataset.kind}]"]`);
    const kind = { field, hidden, ...module.attach(field, this.section) };
    field.addEventListener("focusin", () => this.activate(kind));
    this.kinds.push(kind);
  }

  // The answer panel scrolls where it would hide what is judged: a mark says that there is more below.
  #watchMore() {
    const box = this.form.querySelector(".kinds");
    const show = () => {
      box.classList.toggle("more", box.scrollHeight - box.scrollTop - box.clientHeight > 4);
    };
    const sizes = new ResizeObserver(show);
    for (const one of [box, ...box.children]) sizes.observe(one);
    box.addEventListener("scroll", show, { passive: true });
  }

  // Every choice is an edit; typing in one field is one, until another field is changed.
  #changed(event) {
    this.body = null;
    this.typedIn = true;
    this.errors.querySelector("[data-local]")?.remove();
    const typing = event.target.matches("textarea, input[type=text]") ? event.target : null;
    if (!typing || typing !== this.typed) this.edits += 1;
    this.typed = typing;
    this.drafts.changed();
  }

  #beaten(result) {
    if (!this.drafts.failed || result.outcome !== "ok") this.trouble.connection(result);
    else this.drafts.retry();
  }

  #draft() {
    return {
      fields: JSON.stringify(fieldsOf(this.form)),
      lead_time: this.clock.seconds(),
      edits: this.edits,
    };
  }

  // Single keys speak to the active kind: the first, then the one that was focused or comes next.
  activate(kind) {
    if (this.active && this.active !== kind) announce(kind.field.querySelector("legend").textContent);
    this.active = kind;
    for (const other of this.kinds) other.field.classList.toggle("active", other === kind);
  }

  key(name) {
    return !this.isBusy && (this.active?.key(name) ?? false);
  }

  // To the kind before or after the active one; false at either end.
  moveKind(step) {
    const kind = this.kinds[this.kinds.indexOf(this.active) + step];
    if (!kind) return false;
    document.activeElement?.blur();
    this.activate(kind);
    kind.field.scrollIntoView({ block: "nearest" });
    return true;
  }

  focusReason() {
    const field = this.active?.field;
    const reason = field?.querySelector(".current [data-reason]") || field?.querySelector("[data-reason]");
    reason?.focus();
  }

  // Whether it can be sent; if not, the reader is led to what is missing.
  complete() {
    const waiting = this.kinds.find((kind) => kind.problem());
    if (waiting && waiting !== this.active && !this.active.problem()) {
      document.activeElement?.blur();
      this.activate(waiting);
      waiting.field.scrollIntoView({ block: "nearest" });
      return false;
    }
    for (const kind of this.kinds) kind.field.classList.toggle("waiting", kind === waiting);
    if (waiting) this.showText(waiting.problem());
    return !waiting;
  }

  // The body is kept until something is typed: a repeat after a lost connection must be the same.
  answerBody() {
    if (this.body) return this.body;
    for (const kind of this.kinds) kind.hidden.value = JSON.stringify(kind.answer());
    const { lead_time, edits, client } = this.form.elements;
    lead_time.value = this.clock.seconds();
    edits.value = this.edits;
    client.value = CLIENT;
    this.body = bodyOf(this.form);
    return this.body;
  }

  busy(state) {
    this.isBusy = state;
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

  // A lease that has ended must not be a dead end.
  offerToLeave() {
    this.offer("Leave it and open the next item", () => this.actions.leave(this));
  }

  offer(label, onClick) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = label;
    button.addEventListener("click", onClick);
    this.errors.append(button);
  }
}
