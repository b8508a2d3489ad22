// Keeps the lease of the item on the screen, and gives it back when the page is left.
import { csrfToken, send } from "./send.js";

const IDLE_AFTER = 10 * 60 * 1000; // nobody there: the lease may lapse

let lastActivity = Date.now();
for (const name of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  document.addEventListener(name, () => (lastActivity = Date.now()), { passive: true });
}

export class Lease {
  // onEnded(html) is called once, when the server says that the lease is over.
  constructor(section, onEnded) {
    this.expires = section.dataset.expires;
    this.releaseUrl = section.dataset.releaseUrl;
    this.heartbeatUrl = section.dataset.heartbeatUrl;
    this.onEnded = onEnded;
    this.over = false;
    this.timer = window.setInterval(() => this.beat(), Number(section.dataset.heartbeat) * 1000);
    this.onLeave = () => this.release();
    window.addEventListener("pagehide", this.onLeave);
  }

  async beat() {
    if (this.over || document.hidden || Date.now() - lastActivity > IDLE_AFTER) return;
    const { outcome, html } = await send(this.heartbeatUrl, new FormData());
    if (this.over) return;
    if (outcome === "ok") this.expires = JSON.parse(html).expires;
    if (outcome === "refused") {
      this.stop();
      this.onEnded(html);
    }
  }

  release() {
    if (this.over) return;
    this.stop();
    const body = new FormData();
    body.set("csrfmiddlewaretoken", csrfToken());
    body.set("expires", this.expires);
    navigator.sendBeacon(this.releaseUrl, body);
  }

  stop() {
    this.over = true;
    window.clearInterval(this.timer);
    window.removeEventListener("pagehide", this.onLeave);
  }
}
