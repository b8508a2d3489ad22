// A lease on one item: how long it lasts, kept alive while somebody is there, given back.
import { beacon, send } from "./send.js";

const IDLE_AFTER = 10 * 60 * 1000; // nobody there: the lease may lapse
const AGAIN = 5000; // milliseconds until a beat that was lost is repeated
const SPARE = 5000; // milliseconds that a request may need

let lastActivity = Date.now();
for (const name of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  document.addEventListener(name, () => (lastActivity = Date.now()), { passive: true });
}

export class Lease {
  // An amended answer has none. `onEnded(html)`: the server says that the lease is over.
  // `onBeat(result)`: what came of a beat, as `send` says it.
  constructor(section, onEnded, onBeat) {
    const { assignment, expires, releaseUrl, heartbeatUrl, heartbeat, leaseMinutes } = section.dataset;
    Object.assign(this, { assignment, expires, releaseUrl, heartbeatUrl, onEnded, onBeat });
    this.every = Number(heartbeat) * 1000;
    this.lasts = Number(leaseMinutes) * 60_000 - SPARE;
    this.renewed = Date.now(); // the server's clock may differ from ours: count from here
    this.over = !assignment;
  }

  // Whether it can still be used.
  get live() {
    return !this.over && Date.now() - this.renewed < this.lasts;
  }

  // Beats while its item is on the screen; `ahead()` is the lease of the item fetched ahead, or null.
  start(ahead) {
    this.ahead = ahead;
    if (!this.over) this.timer ??= window.setInterval(() => this.beat(), this.every);
  }

  stop() {
    window.clearInterval(this.timer);
    window.clearTimeout(this.again);
    this.timer = undefined;
  }

  async beat() {
    if (document.hidden || Date.now() - lastActivity > IDLE_AFTER) return;
    const body = new FormData();
    const ahead = this.ahead?.();
    if (ahead) body.set("also", ahead.assignment);
    const result = await send(this.heartbeatUrl, body);
    const { outcome, html } = result;
    if (!this.timer) return;
    this.onBeat(result);
    if (outcome === "lost") this.again = window.setTimeout(() => this.beat(), AGAIN);
    if (outcome === "ok") {
      const { expires, also_expires } = JSON.parse(html);
      this.renew(expires);
      if (ahead && also_expires) ahead.renew(also_expires);
      else if (ahead) ahead.over = true;
    } else if (outcome === "refused") {
      this.end();
      if (result.code === "paused") ahead?.end();
      this.onEnded(html);
    }
  }

  renew(expires) {
    this.expires = expires;
    this.renewed = Date.now();
  }

  // Used up: by an answer, a skip, or the server's word.
  end() {
    this.over = true;
    this.stop();
  }

  // Given back to the queue; the server leaves it if another page has taken it up since.
  release() {
    if (this.over) return;
    this.end();
    beacon(this.releaseUrl, { expires: this.expires });
  }
}
