import type { Connection, Failure } from "../load/http-client.ts";
import type { JobResult } from "../load/jobs.ts";
import { machineCpuSeconds, peakMegabytes, readUsage, type Usage, usageSince } from "../platform/procfs.ts";
import { Samples } from "../report/percentiles.ts";

/** How long a request may wait for its reply, in ms, before it counts as an error. */
export const TIMEOUT_MS = 30_000;

/** Counts what became of the requests of one job, and what it cost. */
export class Tally {
  readonly latency = new Samples();
  readonly more: Record<string, Samples> = {};
  readonly errors: Record<string, number> = {};
  private readonly refusals: string[] = [];
  ok = 0;
  connectSeconds = 0;
  private startedAt = 0;
  private start = 0;
  private end = 0;
  private okAtStart = 0;
  private cpuAtStart = process.cpuUsage();
  private usageAtStart: Record<string, Usage> = {};
  private machineCpuAtStart = 0;

  /** `watched`: the measured processes by name. */
  constructor(private readonly watched: Record<string, number>) {}

  /** Starts the measured span; what is counted before is warming up. */
  begin(): void {
    this.usageAtStart = readUsage(this.watched);
    this.machineCpuAtStart = machineCpuSeconds();
    this.startedAt = Date.now();
    this.start = performance.now();
    this.end = this.start;
    this.okAtStart = this.ok;
    this.cpuAtStart = process.cpuUsage();
  }

  /** Counts one reply at `now` (ms); true when it is a 2xx. The first words of what it refuses are kept. */
  reply(status: number, now: number, body: string): boolean {
    this.end = now;
    if (status >= 200 && status < 300) {
      this.ok++;
      return true;
    }
    if (this.refusals.length < 3) this.refusals.push(`${status} ${body.slice(0, 300)}`);
    this.error(`status_${status}`);
    return false;
  }

  /** Counts one or more requests that got no 2xx. */
  error(kind: Failure | string, count = 1): void {
    if (count > 0) this.errors[kind] = (this.errors[kind] ?? 0) + count;
  }

  /** The samples of that name, made when first asked for. */
  samples(name: string): Samples {
    const found = this.more[name] ?? new Samples();
    this.more[name] = found;
    return found;
  }

  /** The job's result. What was expected and is neither ok nor an error by now could not be sent. */
  result(expected: number): JobResult {
    const cpu = process.cpuUsage(this.cpuAtStart);
    const failed = Object.values(this.errors).reduce((sum, count) => sum + count, 0);
    this.error("not_sent", expected - this.ok - failed);
    const seconds = (this.end - this.start) / 1000;
    return {
      expected,
      ok: this.ok,
      errors: this.errors,
      refusals: this.refusals,
      per_second: seconds > 0 ? (this.ok - this.okAtStart) / seconds : 0,
      started_at: this.startedAt,
      wall_s: seconds,
      latency: this.latency.summary(),
      more: Object.fromEntries(Object.entries(this.more).map(([name, samples]) => [name, samples.summary()])),
      connect_s: this.connectSeconds,
      machine_cpu_s: machineCpuSeconds() - this.machineCpuAtStart,
      generator_cpu_s: (cpu.user + cpu.system) / 1e6,
      generator_peak_mb: peakMegabytes(process.pid),
      processes: usageSince(this.usageAtStart, readUsage(this.watched)),
    };
  }
}

/** Gives up what waits too long; call the returned function to stop watching. */
export function watchTimeouts(connections: readonly Connection[]): () => void {
  const timer = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) connection.expire(now, TIMEOUT_MS);
  }, 1000);
  return () => clearInterval(timer);
}
