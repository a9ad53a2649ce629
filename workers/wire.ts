/** How tasks and their results cross between the pool and its threads: as JSON text, for a third of what an object graph costs. */
import type { Advanced } from "./advance.ts";
import type { Handed } from "./execution.ts";

interface TaskBase {
  /** Database time at the hand-over, milliseconds since the epoch. */
  now: number;
  stepwise: boolean;
  definitions: [key: string, steps: string][];
}

/** Runs up to their next effect; their results come together. */
export interface PureTask extends TaskBase {
  kind: "pure";
  slot: number;
  runs: Handed[];
}

/** Runs whose next step is an effect; the result of each comes when it is there. */
export interface EffectTask extends TaskBase {
  kind: "effects";
  id: number;
  runs: (Handed & { slot: number; effectBy: number })[];
}

/** What a thread gets. `effectBy` is in kernelTime here. */
export type ThreadTask = PureTask | EffectTask;

/** What became of one run of an EffectTask: how far it came, or that its thread failed under it. */
export type EffectResult = { index: number } & ({ advanced: Advanced } | { failed: string });

/** Of some runs of an EffectTask. */
export interface EffectResults {
  id: number;
  results: EffectResult[];
}

/**
 * The results of a task: JSON, with each run's entries and step results beside it as they are. They are long JSON texts
 * themselves, and escaping one in the other costs more than all the rest.
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

/** The same for results of an EffectTask. */
export function packEffects({ id, results }: EffectResults): string[] {
  const places = results.map(({ index, ...result }) => ("failed" in result ? [index, result.failed] : [index]));
  return [
    JSON.stringify([id, places]),
    ...packResults(results.flatMap((result) => ("advanced" in result ? [result.advanced] : []))),
  ];
}

/** The results that were packed. */
export function unpackEffects([head = "[0,[]]", ...packed]: string[]): EffectResults {
  const [id, places]: [number, [index: number, failed?: string][]] = JSON.parse(head);
  const advanced = unpackResults(packed).values();
  const results = places.flatMap(([index, failed]): EffectResult[] => {
    if (failed !== undefined) return [{ index, failed }];
    const next = advanced.next().value;
    return next === undefined ? [] : [{ index, advanced: next }];
  });
  return { id, results };
}
