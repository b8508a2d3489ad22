// Drafts: what is typed goes to the server a second after the last change, and at once when asked.
import { beacon, send } from "./send.js";

const PAUSE = 1000;

export class Drafts {
  // `state()` gives { fields, lead_time, edits } as the server takes them. An amended answer has no drafts.
  constructor(url, state) {
    this.url = url;
    this.state = state;
    this.dirty = false;
  }

  changed() {
    if (!this.url) return;
    this.dirty = true;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), PAUSE);
  }

  // Returns whether it is kept now; null where there are no drafts.
  async save() {
    window.clearTimeout(this.timer);
    if (!this.url) return null;
    this.dirty = false;
    const body = new FormData();
    for (const [name, value] of Object.entries(this.state())) body.set(name, value);
    const { outcome } = await send(this.url, body);
    if (outcome === "lost") this.dirty = true;
    return outcome === "ok";
  }

  flush() {
    if (this.dirty && this.url) beacon(this.url, this.state());
    this.drop();
  }

  // Nothing more is kept: the answer is on its way.
  drop() {
    window.clearTimeout(this.timer);
    this.dirty = false;
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
