import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { address, choose, go } from "../../address/address.ts";
import { Opened } from "./opened.ts";
import type { ShownRun } from "./shown-run.ts";
import { hasFailed, type KnownStep, rowsOf, type StepRow, withinOf } from "./step-rows.ts";

export type Row = StepRow & { isOpen: boolean; opened: Opened | null };

/** The rows of a run that are looked for: its outline, and below maps and loops what is in those that are open. */
export function useRows({ run }: Pick<ShownRun, "run">): Row[] {
  const { query } = address.value;
  const onlyFailed = query.get("failed") === "1";
  const open = query.get("open") ?? "";
  const text = (query.get("q") ?? "").toLowerCase();
  const opened = useMemo(() => signal<ReadonlyMap<string, Opened>>(new Map()), []);
  useEffect(() => {
    const lists = new Map(namesIn(open).map((name) => [name, new Opened(run.uuid, name, onlyFailed)]));
    opened.value = lists;
    for (const list of lists.values()) list.more();
    return () => {
      for (const list of lists.values()) list.close();
    };
    // What is open is read again where another run ends: it is what changes it.
  }, [run.uuid, run.status, open, onlyFailed, opened]);
  const all: KnownStep[] = run.steps.flatMap((step) => [
    step,
    ...(opened.value.get(step.address)?.state.value.steps ?? []),
  ]);
  return rowsOf(text === "" ? all : all.filter((step) => step.address.toLowerCase().includes(text)))
    .filter(({ step }) => !onlyFailed || hasFailed(step) || opened.value.has(step.address))
    .map((row) => {
      const own = opened.value.get(row.step.address) ?? null;
      return { ...row, isOpen: own !== null, opened: own };
    });
}

/** Opens a map or a loop, or closes it: the address says so. */
export function toggleOpen(step: KnownStep): void {
  if (withinOf(step) === 0) return;
  const open = namesIn(address.value.query.get("open") ?? "");
  const others = open.filter((name) => name !== step.address);
  go(choose({ open: (others.length < open.length ? others : [...open, step.address]).join(",") }));
}

function namesIn(text: string): string[] {
  return text.split(",").filter((name) => name !== "");
}
