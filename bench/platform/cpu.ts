import type { Row } from "../report/table.ts";
import type { Usage } from "./procfs.ts";

/**
 * CPU for each of `count` runs in µs: of all processes of the platform, then by kind of process (all APIs are one kind).
 * `at` stands before each figure.
 */
export function cpuRows(at: string, processes: Record<string, Usage>, count: number): Row[] {
  const kinds = new Map<string, number>();
  for (const [name, { cpu_s }] of Object.entries(processes)) {
    if (name === "sink") continue;
    const kind = name.replace(/-\d+$/, "");
    kinds.set(kind, (kinds.get(kind) ?? 0) + cpu_s);
  }
  const all = [...kinds.values()].reduce((sum, cpu) => sum + cpu, 0);
  const row = (figure: string, seconds: number): Row => ({
    figure: `${at}CPU a run, ${figure}`,
    ours: (1e6 * seconds) / count,
    unit: "µs",
  });
  return [
    { ...row("all processes", all), better: "lower", bound: "get" },
    ...(kinds.size > 1 ? [...kinds].map(([kind, seconds]) => row(kind, seconds)) : []),
  ];
}
