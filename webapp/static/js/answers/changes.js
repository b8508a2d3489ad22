// What was changed in a text, word by word, for showing it.
import { differences } from "../judging/diff.js";

const WORDS = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;

// Returns [{ op: "same" | "insert" | "delete", text }], in order, from the first text to the second.
export function diffWords(before, after) {
  const [old, fresh] = [before, after].map((text) => text.match(WORDS) ?? []);
  const { removed, added } = differences(old, fresh);
  const kept = (words, gone) => words.filter((_, n) => !gone.has(n)).join("");
  if (kept(old, removed) !== kept(fresh, added)) return replaced(before, after); // too much to align
  const changes = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    let [gone, come, same] = ["", "", ""];
    while (removed.has(i) || added.has(j)) {
      if (removed.has(i)) gone += old[i++];
      else come += fresh[j++];
    }
    for (; i < old.length && !removed.has(i) && !added.has(j); i += 1, j += 1) same += old[i];
    changes.push(...replaced(gone, come), { op: "same", text: same });
  }
  return changes.filter((change) => change.text);
}

function replaced(before, after) {
  const both = [
    { op: "delete", text: before },
    { op: "insert", text: after },
  ];
  return both.filter((change) => change.text);
}
