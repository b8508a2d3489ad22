// Lead time: seconds since the item was painted, without the time in which nobody was there.
// Nobody is there while the tab is hidden, and from a minute after the last input on.
const IDLE_AFTER = 60_000;
const INPUTS = ["pointerdown", "pointermove", "keydown", "input", "wheel", "scroll"];

export class Clock {
  // `before`: seconds that were spent on the item already.
  constructor(before = 0) {
    this.spent = before * 1000;
    this.last = null; // the newest sign of life, while running
    this.onInput = () => this.#tick();
    this.onHide = () => (document.hidden ? this.#pause() : this.#resume());
  }

  start() {
    for (const name of INPUTS) document.addEventListener(name, this.onInput, { passive: true });
    document.addEventListener("visibilitychange", this.onHide);
    if (!document.hidden) this.#resume();
  }

  stop() {
    this.#pause();
    for (const name of INPUTS) document.removeEventListener(name, this.onInput);
    document.removeEventListener("visibilitychange", this.onHide);
  }

  seconds() {
    return Math.round((this.spent + this.#since()) / 10) / 100;
  }

  #since() {
    return this.last === null ? 0 : Math.min(performance.now() - this.last, IDLE_AFTER);
  }

  #tick() {
    if (this.last === null) return;
    this.spent += this.#since();
    this.last = performance.now();
  }

  #pause() {
    this.#tick();
    this.last = null;
  }

  #resume() {
    this.last ??= performance.now();
  }
}
