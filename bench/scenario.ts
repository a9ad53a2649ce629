import type { Bare } from "./limits/bare.ts";
import type { JobResult } from "./load/jobs.ts";
import { type EmbeddedOptions, type Platform, runningAt, startEmbedded } from "./platform/platform.ts";
import { type Stack, startStack } from "./platform/stack.ts";
import { type Floor, type FloorName, floorOf, scaledBy } from "./report/floors.ts";
import type { Row, Table } from "./report/table.ts";
import type { Mode, Settings } from "./settings.ts";

/** What the processes used during one span of a scenario. */
export interface Column {
  span: string;
  processes: Record<string, { cores: number; peak_mb: number }>;
}

/** What a scenario hands back: tables to print, and everything measured for the file. */
export interface Outcome {
  tables: Table[];
  columns: Column[];
  measured: unknown;
}

/** What the scenarios share that are run in one mode. */
export class Session {
  #stack: Promise<Stack> | undefined;

  constructor(
    readonly mode: Mode,
    readonly settings: Settings,
    /** The bare servers of this run: every ratio is taken to the same ones. */
    readonly bareServers: () => Promise<Bare>,
    readonly progress: (text: string) => void,
  ) {}

  /** The floor of that name in this mode. */
  floor(name: FloorName): Floor | undefined {
    return floorOf(this.mode, name);
  }

  /** A floor of a time for this machine, at the speed that it has in this run. */
  async timeFloor(name: FloorName): Promise<Floor | undefined> {
    const floor = this.floor(name);
    return floor === undefined ? undefined : scaledBy(floor, (await this.bareServers()).post.per_second);
  }

  /** A load, or a tenth of it when the bench shall be quick. */
  scaled(load: number): number {
    return this.settings.quick ? Math.ceil(load / 10) : load;
  }

  /**
   * Runs `work` against a platform: embedded an empty one each time; the stack takes too long to start for that, so that
   * all scenarios share one.
   */
  async withPlatform<T>(work: (platform: Platform) => Promise<T>): Promise<T> {
    if (this.settings.url !== undefined) return work(runningAt(this.settings.url));
    if (this.mode === "stack") return work(await this.stack());
    return withEmbedded(work);
  }

  /** The stack, started when first asked for. */
  stack(): Promise<Stack> {
    this.#stack ??= startStack();
    return this.#stack;
  }

  /** Ends what the scenarios shared. */
  async close(): Promise<void> {
    const stack = await this.#stack?.catch(() => undefined);
    await stack?.stop();
  }
}

/** Runs `work` against a platform of one process, an empty one unless a folder is given. */
export async function withEmbedded<T>(
  work: (platform: Platform) => Promise<T>,
  options: EmbeddedOptions = {},
): Promise<T> {
  const platform = await startEmbedded(options);
  let result: T;
  try {
    result = await work(platform);
  } catch (error) {
    // Why the work failed matters more, and is what the caller hears.
    await platform.stop().catch((failure: unknown) => console.error(`the platform did not end well: ${failure}`));
    throw error;
  }
  await platform.stop();
  return result;
}

/** Above this many cores of other work a figure says more about the neighbours than about the platform. */
const BUSY = 0.2;

/** A warning when something else kept the machine busy during a job; nothing otherwise. */
export function busyNotes(results: readonly JobResult[]): string[] {
  // Of a server that isn't ours nobody knows which part of the machine's work was its own.
  const known = results.filter(isOurs);
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
  const others = result.machine_cpu_s - result.generator_cpu_s - serverCpu(result);
  return Math.max(0, others) / result.wall_s;
}

/** Whether the platform's own processes were watched. */
function isOurs({ processes }: JobResult): boolean {
  return Object.keys(processes).some((name) => name !== "sink");
}

/** CPU seconds of all watched processes. */
export function serverCpu(result: JobResult): number {
  return Object.values(result.processes).reduce((sum, { cpu_s }) => sum + cpu_s, 0);
}

/** CPU of the watched processes for each request, in µs. */
export function cpuOfRequest(result: JobResult): number {
  return (1e6 * serverCpu(result)) / (result.per_second * result.wall_s);
}

/** What everybody used during a job: the platform's processes where they are ours, the generator, and all others. */
export function column(span: string, result: JobResult): Column {
  const cores = (seconds: number) => seconds / result.wall_s;
  return {
    span,
    processes: {
      ...Object.fromEntries(
        Object.entries(result.processes).map(([name, { cpu_s, peak_mb }]) => [name, { cores: cores(cpu_s), peak_mb }]),
      ),
      generator: { cores: cores(result.generator_cpu_s), peak_mb: result.generator_peak_mb },
      [isOurs(result) ? "everything else" : "the platform and all else"]: { cores: otherCores(result), peak_mb: 0 },
    },
  };
}

/** Requests without a 2xx, and accepted runs that did not succeed exactly once: both have a floor in every scenario. */
export function lossRows(session: Session, errors: number, lost: number): Row[] {
  return [
    { figure: "errors", ours: errors, unit: "", floor: session.floor("errors") },
    { figure: "accepted but not succeeded once", ours: lost, unit: "", floor: session.floor("runs_lost") },
  ];
}

/** The most memory that the platform's processes have held by the end of a job, against their floors. */
export function memoryRows(session: Session, result: JobResult): Row[] {
  const kinds: { figure: string; of: RegExp; floor: FloorName }[] = [
    { figure: "memory, peak", of: /^platform$/, floor: "platform_mb" },
    { figure: "memory, peak of the largest API", of: /^api-/, floor: "api_mb" },
    { figure: "memory, peak of the largest worker", of: /^worker-/, floor: "worker_mb" },
  ];
  return kinds.flatMap(({ figure, of, floor }) => {
    const peaks = Object.entries(result.processes).flatMap(([name, { peak_mb }]) => (of.test(name) ? [peak_mb] : []));
    return peaks.length === 0
      ? []
      : [{ figure, ours: Math.max(...peaks), unit: "MB", better: "lower", floor: session.floor(floor) } satisfies Row];
  });
}
