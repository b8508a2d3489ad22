// What is on the screen, what waits behind it, and what happens when an answer is sent.
// An answer is sent behind the next item, which was fetched ahead; if it fails, it comes back to the screen.
import { announce } from "../announce.js";
import { showTimes } from "../times.js";
import { Item } from "./item.js";
import { Outbox } from "./outbox.js";
import { prepare } from "./reading.js";
import { ENDED, get, messageOf, send } from "./send.js";

const LOGGED_OUT = "You are logged out. Log in again in another tab, then try once more.";
const LOST = "The server cannot be reached. Your answer is kept here: submit again later.";
const AGAIN = "The connection was lost. Trying again; your answer is kept here.";

export class Stage {
  constructor(area, last, urls) {
    this.area = area;
    this.last = last;
    this.urls = urls;
    this.current = null; // the item on the screen; null where there is nothing to judge
    this.waiting = []; // items behind it, the next one first
    this.sending = null; // the item whose answer is on its way
    this.kept = null; // a changed old answer that was left for the newest item and is not sent
    this.fetching = null; // the fetch ahead that goes on, a promise
    this.outbox = new Outbox(() => this.say(AGAIN));
    this.actions = {
      submit: (item) => this.submit(item),
      skip: (item, form) => this.#dispatch(item, form.action, new FormData(form)),
      leave: (item) => this.#leave(item),
    };
    this.#show(area.querySelector("#judging"));
    this.#takeUp(this.current);
  }

  // What was typed just before the page was loaded again is painted, even if the server did not have it by then.
  async #takeUp(item) {
    const left = item?.drafts.left();
    if (!left) return;
    item.busy(true);
    await item.drafts.sendLeft(left);
    const { outcome, html } = await send(this.urls.next, new FormData());
    item.busy(false);
    if (outcome === "ok" && this.current === item) await this.#show(sectionOf(html));
  }

  async submit(item) {
    if (item.isBusy) return;
    await item.ready;
    if (!item.isBusy && item.complete()) this.#dispatch(item, item.form.action, item.answerBody());
  }

  // Send it, with the next item on the screen meanwhile, if there is one and nothing else is on its way.
  async #dispatch(item, url, body) {
    if (item.isBusy) return;
    item.busy(true);
    item.drafts.hold();
    const wait = item.isFinal || item.amends || this.outbox.busy || !this.#nextWaiting();
    if (!wait) {
      this.sending = item;
      this.#paint(this.waiting.shift());
    }
    const result = await this.outbox.post(url, body);
    if (this.sending === item) this.sending = null;
    if (result.outcome === "ok") await this.#stored(item, result);
    else this.#bringBack(item, result);
  }

  async #stored(item, { html, code }) {
    item.lease.end();
    item.drafts.drop();
    item.returned = item.typedIn = false;
    this.waiting = this.waiting.filter((other) => other !== item);
    if (html) this.#tell(html);
    else this.say("Skipped.");
    if (code === "paused") this.#giveUp();
    if (this.current === item || (code === "paused" && !this.current?.typedIn)) await this.advance();
    document.body.dispatchEvent(new Event("judged")); // the next item stands there by now
    this.#fetchAhead();
  }

  #bringBack(item, { outcome, html, code }) {
    item.busy(false);
    item.returned = true;
    item.drafts.resume();
    this.#park(item);
    if (outcome === "refused") {
      item.show(html);
      announce(item.errors.textContent.trim());
      if (ENDED.includes(code)) item.lease.end();
      if (code === "paused") this.#giveUp();
      if (code === "key_conflict") item.offer("Open what was stored", () => this.previous());
      item.offerToLeave();
    } else {
      item.showText(outcome === "login" ? LOGGED_OUT : LOST);
    }
  }

  // Who is paused holds nothing any more: no other item is shown in place of the reason.
  #giveUp() {
    for (const item of [this.current, ...this.waiting]) item?.lease.end();
  }

  // The item on the screen makes room for another and waits behind it.
  #park(item) {
    if (this.current === item) return;
    this.waiting = this.waiting.filter((other) => other !== item);
    if (this.current?.amends) this.#keepChange(this.current);
    else if (this.current) this.waiting.unshift(this.current);
    this.#paint(item);
  }

  #keepChange(item) {
    if (item.typedIn) this.kept = item;
  }

  #leave(item) {
    item.drafts.drop();
    item.lease.release();
    this.advance();
  }

  // The next item: one that waits, or one that the server gives.
  async advance() {
    await this.fetching;
    if (this.#nextWaiting()) {
      this.#paint(this.waiting.shift());
      this.#fetchAhead();
      return;
    }
    const { outcome, html } = await send(this.urls.next, new FormData());
    if (outcome === "ok") await this.#show(sectionOf(html));
    else if (outcome === "refused") this.current?.show(html);
    else this.#offerAgain(outcome);
  }

  #offerAgain(outcome) {
    this.current?.showText(
      outcome === "login" ? LOGGED_OUT : "Saved. The next item could not be opened.",
    );
    this.current?.offer("Try again", () => this.advance());
  }

  // The last answer within its time of grace, opened for change.
  async previous() {
    if (this.current?.amends) return this.say("This is your last answer.");
    await this.outbox.busy;
    if (this.kept) return this.#reopen();
    const { outcome, html } = await get(this.urls.last);
    if (outcome === "ok") this.#park(await this.#ready(this.#itemOf(sectionOf(html))));
    else this.say(outcome === "refused" ? messageOf(html) : "The server cannot be reached.");
  }

  // A changed answer that was not sent, as it was left.
  #reopen() {
    const item = this.kept;
    this.kept = null;
    this.#park(item);
    item.showText("This change is not sent yet.");
    item.offer("Throw the change away", () => this.#leave(item));
  }

  // Back from the last answer to the item that was open.
  async forward() {
    const { current } = this;
    if (!current?.amends) return this.say("This is the newest item.");
    await this.advance();
    if (this.current === current) return;
    this.#keepChange(current);
    if (this.kept) this.say("Your change is kept, but not sent: go back to send it.");
  }

  async takeBack(form) {
    const { outcome, html } = await send(form.action, new FormData(form));
    if (outcome === "ok") {
      this.waiting.length = Math.min(this.waiting.length, 1); // more than two leases nobody holds
      await this.#show(sectionOf(html));
      this.say("Taken back: the item is open again.");
      document.body.dispatchEvent(new Event("judged"));
    } else this.say(outcome === "refused" ? messageOf(html) : "The server cannot be reached.");
  }

  // The connection may be back.
  online() {
    for (const item of this.#open()) item.drafts.retry();
  }

  // The page may be left: what was typed is on its way before anything else is asked for.
  keep() {
    if (this.current?.drafts.dirty && !this.current.isBusy) this.current.drafts.save();
  }

  // Whether leaving now would leave something behind that is not sent or not saved.
  get unsent() {
    return this.outbox.lost || this.#open().some((item) => item.unsent);
  }

  // All items in which something may be typed.
  #open() {
    return [this.sending, this.current, this.kept, ...this.waiting].filter(Boolean);
  }

  // The page is left: leases go back, but for those of items on which work was begun.
  close() {
    for (const item of this.#open()) {
      if (item.typedIn || item.returned) item.drafts.flush();
      else if (!item.isBusy) item.lease.release();
    }
  }

  // A short word in the bar, and to screen readers.
  say(text) {
    this.last.textContent = text;
    announce(text);
  }

  #tell(html) {
    this.last.innerHTML = html; // our server's own fragment, escaped there
    window.htmx?.process(this.last);
    showTimes(this.last);
  }

  // Drops what may not be shown any more: its lease is over, and nothing was typed.
  #nextWaiting() {
    while (this.waiting.length && !this.waiting[0].lease.live && !this.waiting[0].typedIn) {
      this.waiting.shift();
    }
    return this.waiting[0];
  }

  #itemOf(section) {
    prepare(section);
    return new Item(section, this.actions);
  }

  // Nothing is painted before it takes keys and clicks, but for what the page came with.
  async #ready(item) {
    await item.ready;
    return item;
  }

  async #show(section) {
    if (section.querySelector("#answer")) {
      const item = this.#itemOf(section);
      this.#paint(section.parentNode === this.area ? item : await this.#ready(item));
      this.#fetchAhead();
    } else {
      this.#swap(null, section);
      announce("There is no item to judge now.");
    }
  }

  #paint(item) {
    this.#swap(item, item.section);
    item.enter(() => this.waiting[0]?.lease);
    announce(item.amends ? "Your last answer." : "Next item.");
  }

  #swap(item, section) {
    this.current?.leave();
    this.current = item;
    if (section.parentNode !== this.area) this.area.replaceChildren(section);
    window.htmx?.process(section);
    showTimes(section);
    window.scrollTo(0, item?.scrolled || 0);
    section.focus({ preventScroll: true });
    document.dispatchEvent(new Event("painted"));
  }

  // One item ahead, under a lease of its own; never while an answer is on its way, as that still holds one.
  #fetchAhead() {
    const after = this.current?.assignment;
    if (!after || this.waiting.length || this.fetching || this.outbox.busy) return;
    this.fetching = this.#fetch(after).finally(() => (this.fetching = null));
  }

  async #fetch(after) {
    await new Promise((resolve) => requestAnimationFrame(() => window.setTimeout(resolve)));
    const body = new FormData();
    body.set("after", after);
    const { outcome, html } = await send(this.urls.next, body);
    const section = outcome === "ok" && sectionOf(html);
    if (section && section.querySelector("#answer") && section.dataset.assignment !== after) {
      this.waiting.push(await this.#ready(this.#itemOf(section)));
      this.area.dataset.ahead = section.dataset.assignment; // whoever watches the page sees that Enter will not wait
    }
  }
}

function sectionOf(html) {
  const box = document.createElement("template");
  box.innerHTML = html; // our server's own fragment, escaped there
  return document.importNode(box.content.querySelector("#judging"), true);
}
