// The sampling page: streams samples into their cards, takes thumbs, and hands them on to be judged blind.
import { announce } from "./js/announce.js";

let source = null;

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = document.querySelector(".sampling-form");
  if (!form || !form.contains(event.target)) return;
  event.preventDefault();
  form.requestSubmit();
});

// A sampler that is not running answers 503, with a message to be shown in place of samples.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (target.id !== "answers" || xhr.status !== 503) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "answers") return;
  source?.close();
  const samples = event.target.querySelector("[data-stream]");
  if (samples) begin(samples);
  else event.target.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-reveal]")) return;
  const samples = event.target.closest("[data-stream]");
  for (const name of samples.querySelectorAll("[data-name]")) name.hidden = false;
  event.target.hidden = true;
});

window.addEventListener("pagehide", () => source?.close());

function begin(samples) {
  const stored = [];
  source = new EventSource(samples.dataset.stream);
  source.addEventListener("token", (event) => grow(samples, JSON.parse(event.data)));
  source.addEventListener("done", (event) => {
    const sample = JSON.parse(event.data);
    complete(samples, sample);
    if (sample.completion !== null) stored.push(sample.completion);
  });
  source.addEventListener("over", () => end(samples, stored));
  source.addEventListener("error", (event) => {
    if (event.data) showProblem(samples, JSON.parse(event.data));
    else if (source.readyState === EventSource.CLOSED) say(samples, "The connection ended.");
    else say(samples, "The connection was lost; trying again …");
  });
}

function card(samples, { side, index }) {
  return samples.querySelector(`[data-side="${side}"] [data-index="${index}"]`);
}

function grow(samples, token) {
  const text = card(samples, token)?.querySelector("[data-text]");
  if (!text) return;
  text.append(token.text);
  text.closest(".answer").classList.add("streaming");
  say(samples, "Sampling …");
}

// The whole text comes once more at the end, so that a reader who joined late misses nothing.
function complete(samples, sample) {
  const place = card(samples, sample);
  if (!place) return;
  place.classList.remove("streaming");
  place.querySelector("[data-text]").textContent = sample.text || "(nothing)";
  const facts = [`${sample.tokens} ${sample.tokens === 1 ? "token" : "tokens"}`];
  if (sample.logprob !== null) facts.push(`log-probability ${sample.logprob.toFixed(1)}`);
  if (sample.finish_reason === "length") facts.push("cut at the most tokens");
  place.querySelector("[data-facts]").textContent = facts.join(" · ");
  if (sample.completion !== null) askForThumb(samples, place, sample.completion);
}

// The sample is painted: it counts as shown, and its thumbs come back.
function askForThumb(samples, place, completion) {
  window.htmx.ajax("POST", samples.dataset.shown.replace("/0/", `/${completion}/`), {
    source: place,
    target: place.querySelector("[data-reaction]"),
    swap: "innerHTML",
    values: "blind" in samples.dataset ? { blind: "1" } : {},
  });
}

function showProblem(samples, problem) {
  const box = samples.querySelector(`[data-side="${problem.side}"] [data-problem]`);
  if (!box) return say(samples, problem.message);
  box.textContent = [problem.message, problem.hint, `(${problem.code})`].filter(Boolean).join(" ");
  box.hidden = false;
}

function end(samples, stored) {
  source.close();
  for (const place of samples.querySelectorAll(".answer")) settle(place);
  samples.querySelector("[data-stop]").hidden = true;
  const sentence = stored.length === 1 ? "1 sample." : `${stored.length} samples.`;
  say(samples, sentence);
  announce(`Done: ${sentence}`);
  if (stored.length < 2) return;
  const form = samples.querySelector("[data-judge]");
  for (const completion of stored) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "completion", value: completion });
    form.append(input);
  }
  form.hidden = false;
}

// A card that was never filled goes; one that was cut off says so, as it is not stored.
function settle(place) {
  const facts = place.querySelector("[data-facts]");
  if (!place.querySelector("[data-text]").textContent) place.hidden = true;
  else if (!facts.textContent) facts.textContent = "stopped before its end; not stored";
  place.classList.remove("streaming");
}

function say(samples, sentence) {
  const status = samples.querySelector("[data-status]");
  if (status.textContent !== sentence) status.textContent = sentence;
}
