/** Texts of a drawing, which does not wrap them. */

/** East Asian letters and emoji are twice as wide as others. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;
/** Latin letters that are nearly twice as wide as others. */
const BROAD = /[mwMW@%]/;
/** Marks that stand on the letter before, and what is not to be seen. */
const NARROW = /[\p{Mn}\p{Me}\p{Cf}]/u;
const LONGEST = 400;

/** The begin of a text that is as wide as so many letters, with … where there is more. */
export function shortened(text: string, width: number): string {
  let left = width;
  let shown = "";
  let marks = 0;
  for (const letter of text.slice(0, LONGEST)) {
    if (NARROW.test(letter)) {
      // A pile of marks would reach into the steps above.
      if (++marks <= 2) shown += letter;
      continue;
    }
    marks = 0;
    left -= WIDE.test(letter) || BROAD.test(letter) ? 2 : 1;
    if (left < 0) return `${shown.trimEnd()}…`;
    shown += letter === "\n" || letter === "\t" ? " " : letter;
  }
  return text.length > LONGEST ? `${shown}…` : shown;
}

/** What is said of a step where it can't be seen. */
export function spoken(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}

/** "9,988 success, 11 failed" */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count.toLocaleString("en")} ${status}`)
    .join(", ");
}
