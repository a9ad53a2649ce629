import type { Advanced } from "./advance.ts";

/**
 * How results cross from a thread: JSON, with each run's entries and step results beside it as they are. They are long
 * JSON texts themselves, and escaping one in the other costs more than all the rest.
 */
export function packResults(results: Advanced[]): string[] {
  const texts: string[] = [];
  const heads = results.map(({ entries, next, ...head }) => {
    texts.push(entries, next.kind === "end" ? next.stepResults : "");
    return { ...head, next: next.kind === "end" ? { ...next, stepResults: "" } : next };
  });
  return [JSON.stringify(heads), ...texts];
}

/** The results that were packed. */
export function unpackResults([heads = "[]", ...texts]: string[]): Advanced[] {
  const results: Omit<Advanced, "entries">[] = JSON.parse(heads);
  return results.map(({ next, ...head }, index) => {
    const entries = texts[2 * index] ?? "[]";
    const stepResults = texts[2 * index + 1] ?? "{}";
    return { ...head, entries, next: next.kind === "end" ? { ...next, stepResults } : next };
  });
}
