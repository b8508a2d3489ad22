// What differs between two texts, word by word: Myers' greedy algorithm on the words that differ.
const TOKENS = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
const FARTHEST = 1000; // inserted and deleted words; past that all between counts as replaced

// Returns [{ op: "same" | "insert" | "delete", text }], in order, from the first text to the second.
export function diffWords(a, b) {
  const [old, fresh] = [a.match(TOKENS) ?? [], b.match(TOKENS) ?? []];
  const most = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < most && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const middle = (tokens) => tokens.slice(head, tokens.length - tail);
  return joined([
    ...marked("same", old.slice(0, head)),
    ...compared(middle(old), middle(fresh)),
    ...marked("same", old.slice(old.length - tail)),
  ]);
}

const marked = (op, tokens) => tokens.map((text) => ({ op, text }));

function compared(old, fresh) {
  const trace = search(old, fresh);
  return trace ? path(old, fresh, trace) : [...marked("delete", old), ...marked("insert", fresh)];
}

// For each number of edits: how far into `old` each diagonal gets. Null where there are too many.
function search(old, fresh) {
  const most = Math.min(old.length + fresh.length, FARTHEST);
  const trace = [];
  let reach = new Map([[1, 0]]);
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = insertedHere(reach, diagonal, edits) ? reach.get(diagonal + 1) : reach.get(diagonal - 1) + 1;
      while (x < old.length && x - diagonal < fresh.length && old[x] === fresh[x - diagonal]) x += 1;
      reach.set(diagonal, x);
      if (x >= old.length && x - diagonal >= fresh.length) return trace;
    }
  }
  return null;
}

function insertedHere(reach, diagonal, edits) {
  if (diagonal === -edits || diagonal === edits) return diagonal === -edits;
  return reach.get(diagonal - 1) < reach.get(diagonal + 1);
}

// Back from the end along the trace: each run of equal words, then the edit before it.
function path(old, fresh, trace) {
  const steps = [];
  let [x, y] = [old.length, fresh.length];
  const same = (until) => {
    for (; x > until; x -= 1, y -= 1) steps.push({ op: "same", text: old[x - 1] });
  };
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const reach = trace[edits];
    if (insertedHere(reach, x - y, edits)) {
      same(reach.get(x - y + 1));
      steps.push({ op: "insert", text: fresh[(y -= 1)] });
    } else {
      same(reach.get(x - y - 1) + 1);
      steps.push({ op: "delete", text: old[(x -= 1)] });
    }
  }
  same(0);
  return steps.reverse();
}

// Neighbours of one kind as one; between equal words the deleted before the inserted.
function joined(steps) {
  const whole = [];
  let gone = "";
  let come = "";
  const flush = () => {
    if (gone) whole.push({ op: "delete", text: gone });
    if (come) whole.push({ op: "insert", text: come });
    gone = come = "";
  };
  for (const { op, text } of steps) {
    if (op === "delete") gone += text;
    else if (op === "insert") come += text;
    else {
      flush();
      if (whole.at(-1)?.op === "same") whole.at(-1).text += text;
      else whole.push({ op, text });
    }
  }
  flush();
  return whole;
}
