import type { Floor } from "./floors.ts";
import type { JobResult } from "./jobs.ts";
import type { Measured } from "./platform.ts";
import { type Bare, measureBare } from "./scenarios/limits.ts";
import type { Row, Table } from "./table.ts";

/** What the user asked for. */
export interface Settings {
  /** A platform that runs already; undefined: start one per scenario. */
  url: string | undefined;
  /** Users of the flow instead of 1,000 and 10,000. */
  users: number | undefined;
}

/** What a scenario hands back: tables to print, and everything measured for the file. */
export interface Outcome {
  tables: Table[];
  measured: unknown;
}

/** What the scenarios of one run share. */
export class Session {
  private bare: Promise<Bare> | undefined;

  constructor(
    readonly settings: Settings,
    readonly progress: (text: string) => void,
  ) {}

  /** The bare servers of this run, measured when first asked for: every ratio is taken to the same ones. */
  bareServers(): Promise<Bare> {
    this.bare ??= measureBare(this.progress);
    return this.bare;
  }
}

/** Above this many cores of other work a figure says more about the neighbours than about the platform. */
const BUSY = 0.2;

/** A warning when something else kept the machine busy during a job; nothing otherwise. */
export function busyNotes(results: readonly JobResult[]): string[] {
  // Of a server that isn't ours nobody knows which part of the machine's work was its own.
  const known = results.filter((result) => result.server_cpu_s !== undefined);
  const most = Math.max(0, ...known.map(otherCores));
  return most > BUSY
    ? [`NOT QUIET: other processes used up to ${most.toFixed(1)} cores; repeat it on a quiet machine`]
    : [];
}

/**
 * Cores that neither the server nor the generator used. Figures of a busy machine are worth less, and one wants to know
 * that before looking for a fault in the platform. A server that isn't ours is counted in.
 */
export function otherCores(result: JobResult): number {
  const others = result.machine_cpu_s - result.generator_cpu_s - (result.server_cpu_s ?? 0);
  return Math.max(0, others) / result.wall_s;
}

/** What a job cost: memory and CPU of the platform where it is ours, and CPU of the generator. */
export function processRows(result: Measured, memory?: Floor): Row[] {
  const rows: Row[] = [];
  if (result.platform_peak_mb !== undefined && result.server_cpu_s !== undefined) {
    rows.push(
      {
        figure: "platform's peak memory",
        ours: result.platform_peak_mb,
        unit: "MB",
        ...(memory === undefined ? {} : { floor: memory }),
      },
      { figure: "platform's CPU", ours: result.server_cpu_s / result.wall_s, unit: "cores" },
    );
  }
  rows.push({ figure: "generator's CPU", ours: result.generator_cpu_s / result.wall_s, unit: "cores" });
  rows.push({ figure: "everything else on the machine", ours: otherCores(result), unit: "cores" });
  return rows;
}
