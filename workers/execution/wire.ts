/** How tasks and their results cross between the pool and its threads: as JSON text, for a third of what an object graph costs. */

import type { Advanced, Executed, Handed, HandedEffect } from "./port.ts";

/** Common to all tasks of steps. */
export interface TaskBase {
  /** Database time at the hand-over, milliseconds since the epoch. */
  now: number;
  /** When that was, on the monotonic clock of who hands it over: a task may wait for its thread. */
  sentAt: number;
  stepwise: boolean;
  definitions: [key: string, text: string][];
}

/** Runs, each up to its next effect; their results come together. */
export interface PureTask extends TaskBase {
  kind: "pure";
  slot: number;
  runs: Handed[];
}

/** Effects; the result of each comes when it is there. */
export interface EffectTask extends TaskBase {
  kind: "effects";
  id: number;
  effects: (HandedEffect & { slot: number })[];
}

/** A run that is given up, or of which nothing more begins. */
export interface ControlTask {
  kind: "drop" | "pause";
  uuid: string;
  token: number;
}

/** A task of a thread. */
export type ThreadTask = PureTask | EffectTask | ControlTask;

/** The result of an effect of an EffectTask, or that its thread failed under it. */
export type EffectResult = { id: number; index: number } & (
  | Executed
  | { kind: "joined" }
  | { kind: "late" }
  | { kind: "failed"; message: string }
);

/** A result whose long texts are empty. */
type Head = Advanced;

/**
 * The results of a task: JSON, with each run's entries and step results beside it as they are. They are long JSON texts
 * themselves, and escaping one in the other costs more than all the rest.
 */
export function packResults(results: Executed[]): string[] {
  const texts: string[] = [];
  const heads = results.map((result) => (result.kind === "advanced" ? headOf(result.advanced, texts) : null));
  return [JSON.stringify(heads), ...texts];
}

/** The results that were packed. */
export function unpackResults([text = "[]", ...texts]: string[]): Executed[] {
  const heads: (Head | null)[] = JSON.parse(text);
  const left = texts.values();
  return heads.map((head) => (head === null ? { kind: "missing" } : advancedOf(head, left)));
}

/** The same for results of effects. */
export function packEffects(results: EffectResult[]): string[] {
  const texts: string[] = [];
  const heads = results.map((result) => {
    if (result.kind !== "advanced") return result;
    const { advanced, ...place } = result;
    return { ...place, advanced: headOf(advanced, texts) };
  });
  return [JSON.stringify(heads), ...texts];
}

type PackedEffect =
  | Exclude<EffectResult, { kind: "advanced" }>
  | { kind: "advanced"; id: number; index: number; advanced: Head };

/** The results that were packed. */
export function unpackEffects([text = "[]", ...texts]: string[]): EffectResult[] {
  const packed: PackedEffect[] = JSON.parse(text);
  const left = texts.values();
  return packed.map((result) =>
    result.kind === "advanced" ? { ...result, ...advancedOf(result.advanced, left) } : result,
  );
}

function headOf(advanced: Advanced, texts: string[]): Head {
  const { entries, next } = advanced;
  texts.push(entries, next.kind === "end" ? next.stepResults : "");
  return { ...advanced, entries: "", next: next.kind === "end" ? { ...next, stepResults: "" } : next };
}

function advancedOf(head: Head, texts: Iterator<string>): Executed & { kind: "advanced" } {
  const { next } = head;
  const entries = textOf(texts.next(), "[]");
  const stepResults = textOf(texts.next(), "{}");
  const advanced = { ...head, entries, next: next.kind === "end" ? { ...next, stepResults } : next };
  return { kind: "advanced", advanced };
}

function textOf({ done, value }: IteratorResult<string>, none: string): string {
  return done ? none : value;
}
