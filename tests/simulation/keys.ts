import type { RunKey } from "../../src/schemas/runs/run.ts";

export const keyOf = (uuid: string): RunKey => ({ namespace: "default", uuid });

/** The uuid of a thing of the simulation; the kind is one hexadecimal digit. */
export function uuidOf(kind: string, index: number): string {
  return `0190000${kind}-0000-7000-8000-${index.toString(16).padStart(12, "0")}`;
}
