// Sends answers behind the reader's back, one at a time, and repeats what was lost with the same body.
import { send } from "./send.js";

const PAUSES = [1000, 2000, 4000]; // between attempts; then the answer comes back to the screen

export class Outbox {
  // `onRetry()` is told that the connection was lost and the answer is sent again.
  constructor(onRetry) {
    this.onRetry = onRetry;
    this.busy = null; // the sending that goes on, a promise
    this.lost = false; // whether its newest attempt was lost
    window.addEventListener("beforeunload", (event) => {
      if (this.lost) event.preventDefault();
    });
  }

  // Resolves to what `send` says in the end. Nothing is sent while something else is.
  async post(url, body) {
    while (this.busy) await this.busy;
    this.busy = this.#post(url, body);
    try {
      return await this.busy;
    } finally {
      this.busy = null;
      this.lost = false;
    }
  }

  async #post(url, body) {
    for (const pause of PAUSES) {
      const result = await send(url, body);
      if (result.outcome !== "lost") return result;
      this.lost = true;
      this.onRetry();
      await new Promise((resolve) => window.setTimeout(resolve, pause));
    }
    return send(url, body);
  }
}
