// Marks on the screen what differs between two completions, without touching their text.
import { announce } from "../announce.js";
import { diffWords } from "./diff.js";

const NAMES = ["differences-first", "differences-second"]; // ::highlight() in reading.css
const WORD = /\S+/g;

let on = false;

export function toggleDifferences(section) {
  on = !on;
  if (on) mark(section);
  else clear(section);
  return on;
}

// A new item is on the screen: the marks follow.
export function refreshDifferences(section) {
  if (on) mark(section);
}

function mark(section) {
  clear(section);
  const pair = pairOf(section);
  if (!pair) return announce("There are no two completions to compare.");
  const [first, second] = pair.map(wordsOf);
  const steps = diffWords(textOf(first), textOf(second));
  const removed = show(NAMES[0], first, steps, "delete");
  const added = show(NAMES[1], second, steps, "insert");
  const letters = pair.map((completion) => completion.dataset.letter);
  tell(pair[0], removed, letters[1]);
  tell(pair[1], added, letters[0]);
  announce(
    removed + added
      ? `${removed} words only in ${letters[0]}, ${added} only in ${letters[1]}.`
      : `${letters[0]} and ${letters[1]} have the same words.`,
  );
}

// The first completion on the screen, and the current one or else the second.
function pairOf(section) {
  const all = [...(section?.querySelectorAll(".completions .completion") || [])];
  const current = all.findIndex((completion) => completion.classList.contains("current"));
  return all.length > 1 ? [all[0], all[Math.max(1, current)]] : null;
}

// The words that are on the screen, each with where it stands.
function wordsOf(completion) {
  const words = [];
  const shown = completion.querySelector(".text:not([hidden])");
  const walker = shown && document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
  while (walker?.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("button")) continue;
    for (const match of node.data.matchAll(WORD)) words.push({ text: match[0], node, at: match.index });
  }
  return words;
}

const textOf = (words) => words.map((word) => word.text).join(" ");

// Marks the parts of words that these steps leave out or put in; returns in how many words.
function show(name, words, steps, op) {
  const ranges = [];
  let [n, start, end] = [0, 0, 0]; // the word; where it begins in its text; where the step ends
  const marked = new Set();
  for (const step of steps.filter((one) => one.op === "same" || one.op === op)) {
    const from = end;
    end += step.text.length;
    for (; n < words.length && start < end; n += 1) {
      const stop = start + words[n].text.length;
      const [first, last] = [Math.max(start, from), Math.min(stop, end)];
      if (step.op === op && first < last) {
        marked.add(n);
        ranges.push(rangeOf(words[n], first - start, last - start));
      }
      if (stop >= end) break; // the next step goes on in this word
      start = stop + 1;
    }
  }
  // An older browser shows the counts alone.
  if (window.CSS?.highlights) window.CSS.highlights.set(name, new Highlight(...ranges));
  return marked.size;
}

function rangeOf({ node, at }, from, to) {
  return new StaticRange({
    startContainer: node,
    startOffset: at + from,
    endContainer: node,
    endOffset: at + to,
  });
}

function tell(completion, count, other) {
  const words = count === 1 ? "1 word" : `${count} words`;
  completion.querySelector("[data-differences]").textContent = `${words} not in ${other}`;
}

function clear(section) {
  for (const name of NAMES) window.CSS?.highlights?.delete(name);
  for (const legend of section?.querySelectorAll("[data-differences]") || []) legend.textContent = "";
}
