// Drafts: what is typed goes to the server a second after the last change, at once when asked, and until it is kept.
import { leave, take } from "./memory.js";
import { beacon, ENDED, send } from "./send.js";

const PAUSE = 1000;
const LONGEST_PAUSE = 30_000; // between attempts to save what could not be saved
const USELESS = [...ENDED, "draft_too_large"]; // trying again changes nothing, until something is typed

export class Drafts {
  // `state()` gives { fields, lead_time, edits } as the server takes them. An amended answer has no drafts.
  // `onSaved(result)` is told what came of each attempt, as `send` says it.
  constructor(url, state, onSaved) {
    Object.assign(this, { url, state, onSaved });
    this.dirty = false; // whether something is typed that the server does not hold
    this.failed = 0; // attempts without success since the last one that had it
    this.held = false; // while the answer itself is on its way
  }

  changed() {
    if (!this.url) return;
    this.dirty = true;
    this.#later(PAUSE);
  }

  // Returns whether it is kept now; null where there are no drafts. One attempt at a time.
  async save() {
    this.#stop();
    if (!this.url) return null;
    while (this.saving) await this.saving;
    this.saving = this.#save();
    try {
      return await this.saving;
    } finally {
      this.saving = null;
    }
  }

  // The connection may be back: what waits for its next attempt has it now.
  retry() {
    if (this.failed && this.timer) this.save();
  }

  // The answer is on its way: nothing is saved meanwhile, and nothing is forgotten.
  hold() {
    this.#stop();
    this.held = true;
  }

  // The answer came back: the server must have what was typed.
  resume() {
    this.held = false;
    if (this.dirty) this.save();
  }

  // The page is left. What is not saved by now may reach the server only after it has painted the next page.
  flush() {
    if (this.url && (this.dirty || this.saving)) leave(this.url, JSON.stringify(this.state()));
    if (this.dirty && this.url) beacon(this.url, this.state());
    this.drop();
  }

  // What the page before this one typed and did not see saved; null where there is nothing.
  left() {
    return this.url ? JSON.parse(take(this.url)) : null;
  }

  sendLeft(state) {
    return this.#post(state);
  }

  // Nothing more is kept: the answer is stored, or its item was left.
  drop() {
    this.hold();
    this.dirty = false;
    this.failed = 0;
  }

  #stop() {
    window.clearTimeout(this.timer);
    this.timer = undefined;
  }

  #later(pause) {
    this.#stop();
    if (!this.held) this.timer = window.setTimeout(() => this.save(), pause);
  }

  #post(state) {
    const body = new FormData();
    for (const [name, value] of Object.entries(state)) body.set(name, value);
    return send(this.url, body);
  }

  async #save() {
    const posted = this.#post(this.state());
    this.dirty = false; // what is typed from here on is not in the body
    const result = await posted;
    const saved = result.outcome === "ok";
    if (!saved) this.dirty = true;
    if (this.held) return saved; // the answer itself is on its way
    if (saved) this.failed = 0;
    else this.#failed(result);
    this.onSaved(result);
    return saved;
  }

  #failed({ code }) {
    this.failed += 1;
    if (!USELESS.includes(code)) this.#later(Math.min(PAUSE * 2 ** this.failed, LONGEST_PAUSE));
  }
}

// The fields of the kinds by their names, as an answer without scripts would send them.
export function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (name.includes(".") && typeof value === "string") fields[name] = value;
  }
  return fields;
}
