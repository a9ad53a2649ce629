/** Compares texts line by line, as diff(1) does. */

/** Lines of what is the same around a change. */
const CONTEXT = 3;
/** Above, what lies between the first and the last difference is one change. */
const MAX_CELLS = 4_000_000;

type Edit = " " | "-" | "+";

/** The changes of a text with lines around them; empty where there are none. */
export function difference(before: string, after: string): string[] {
  const edits = editsOf(before.split("\n"), after.split("\n"));
  if (edits.every(([edit]) => edit === " ")) return [];
  const isNear = (index: number) =>
    edits.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([edit]) => edit !== " ");
  const lines: string[] = [];
  let wasShown = false;
  let at = 0;
  for (const [index, [edit, line]] of edits.entries()) {
    if (edit !== "-") at++;
    const isShown = isNear(index);
    if (isShown && !wasShown) lines.push(`@@ line ${Math.max(1, at)} @@`);
    if (isShown) lines.push(`${edit}${line}`);
    wasShown = isShown;
  }
  return lines;
}

function editsOf(before: string[], after: string[]): [Edit, string][] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const left = before.slice(start, before.length - end);
  const right = after.slice(start, after.length - end);
  return [
    ...before.slice(0, start).map((line): [Edit, string] => [" ", line]),
    ...(left.length * right.length > MAX_CELLS ? replaced(left, right) : shortest(left, right)),
    ...before.slice(before.length - end).map((line): [Edit, string] => [" ", line]),
  ];
}

function replaced(left: string[], right: string[]): [Edit, string][] {
  return [...left.map((line): [Edit, string] => ["-", line]), ...right.map((line): [Edit, string] => ["+", line])];
}

/** By the longest common subsequence. */
function shortest(left: string[], right: string[]): [Edit, string][] {
  const width = right.length + 1;
  const longest = new Uint32Array((left.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      longest[i * width + j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const edits: [Edit, string][] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      edits.push([" ", left[i] ?? ""]);
      i++;
      j++;
    } else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) {
      edits.push(["-", left[i++] ?? ""]);
    } else {
      edits.push(["+", right[j++] ?? ""]);
    }
  }
  return edits;
}
