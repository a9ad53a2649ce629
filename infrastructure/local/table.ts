import { relative } from "node:path";
import { inOrder } from "./processes/ending.ts";
import { isAlive, type PartRecord } from "./processes/parts.ts";

const HEADINGS = ["PART", "STATE", "PID", "ADDRESS", "LOG"];

/** What runs where, for people to read. */
export function tableOf(records: PartRecord[]): string {
  const rows = inOrder(records).map((record) => [
    record.name,
    isAlive(record) ? "alive" : "dead",
    String(record.pid),
    record.address,
    relative(process.cwd(), record.log),
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [HEADINGS, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
