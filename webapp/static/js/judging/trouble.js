// What keeps an item's work from being saved: said at its form, announced once, and again when it is over.
import { announce } from "../announce.js";
import { messageOf } from "./send.js";

const LOST = "The connection is lost. What you type is kept on this page, and saved when it is back.";
const LOGGED_OUT = "You are logged out: what you type is kept on this page only. Log in again in another tab.";
const OVER_FOR = 6000; // milliseconds that the good news stands there

export class Trouble {
  constructor(place) {
    this.place = place;
    this.reasons = { connection: "", draft: "" };
    this.text = "";
  }

  // What came of a heartbeat or of any other request that may be lost.
  connection({ outcome }) {
    this.#set("connection", { lost: LOST, login: LOGGED_OUT }[outcome] ?? "");
  }

  // What came of saving the draft.
  draft(result) {
    const refused = result.outcome === "refused";
    this.reasons.draft = refused ? `What you typed is not saved, but kept on this page: ${messageOf(result.html)}` : "";
    this.connection(result);
  }

  #set(name, reason) {
    this.reasons[name] = reason;
    const text = this.reasons.connection || this.reasons.draft;
    if (text === this.text) return;
    const over = this.text === LOST ? "The connection is back; what you typed is saved." : "What you typed is saved.";
    this.text = text;
    window.clearTimeout(this.timer);
    this.#say(text || over);
    if (!text) this.timer = window.setTimeout(() => (this.place.hidden = true), OVER_FOR);
  }

  #say(text) {
    this.place.hidden = false;
    this.place.classList.toggle("over", !this.text);
    this.place.textContent = text;
    announce(text);
  }
}
