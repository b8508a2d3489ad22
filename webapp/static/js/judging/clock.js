// Lead time: seconds since the item was painted, without the time in which its tab was hidden.
export class Clock {
  constructor() {
    this.spent = 0;
    this.since = document.hidden ? null : performance.now();
    this.onChange = () => this.#change();
    document.addEventListener("visibilitychange", this.onChange);
  }

  #change() {
    const now = performance.now();
    if (document.hidden && this.since !== null) {
      this.spent += now - this.since;
      this.since = null;
    } else if (!document.hidden && this.since === null) {
      this.since = now;
    }
  }

  seconds() {
    const running = this.since === null ? 0 : performance.now() - this.since;
    return Math.round((this.spent + running) / 10) / 100;
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onChange);
  }
}
