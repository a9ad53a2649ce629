/** Shows a run while it goes on. */
import { outputOf, type RunHandle } from "../../client/index.ts";
import type { Run } from "../../schemas/runs/run.ts";
import type { RunEvent } from "../../schemas/runs/run-event.ts";
import { EXIT, Failure } from "../exits.ts";
import { durationText, shown, type Terminal } from "../terminal.ts";

/** A step within a map or a loop: there may be thousands. */
const IS_WITHIN = /\[\d+\]/;

/** Shows the steps of a run as they end, until it has ended. @throws Failure, which says that the run goes on, where it is interrupted */
export async function watch(handle: RunHandle, terminal: Terminal, signal: AbortSignal): Promise<Run> {
  const steps = new Steps(terminal);
  try {
    for await (const event of handle.events({ signal })) steps.take(event);
    return await handle.get();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Failure(`Run ${handle.id} goes on; \`wf logs -f ${handle.id}\` follows it`, EXIT.interrupted);
  } finally {
    terminal.clearStatus();
  }
}

/** Gives the output of a run that has ended. @returns the exit code */
export function tell(run: Run, terminal: Terminal): number {
  const hasSucceeded = run.status === "success";
  if (terminal.isJson) {
    terminal.json(run);
  } else if (hasSucceeded) {
    terminal.json(outputOf(run));
  } else {
    const why = run.error === null ? "" : `: ${shown(run.error)}`;
    terminal.note(`${terminal.colored("red", `✖ ${run.status}`, "notes")}${why}`);
    terminal.note(`\`wf show ${run.uuid}\` says more; \`wf retry ${run.uuid}\` runs what is left of it`);
  }
  return hasSucceeded ? EXIT.ok : EXIT.failed;
}

class Steps {
  readonly #terminal: Terminal;
  readonly #begun = new Map<string, number>();
  /** When the run was made: what a retry keeps of another run happened before. */
  #since = 0;
  #ended = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  take(event: RunEvent): void {
    const { type, address = "", at } = event;
    if (type === "run.created") this.#since = Date.parse(at);
    if (Date.parse(at) < this.#since) return;
    const isWithin = IS_WITHIN.test(address);
    if (type === "step.started") {
      this.#begun.set(address, Date.parse(at));
    } else if (type === "step.succeeded" || type === "step.skipped" || type === "step.failed") {
      if (!isWithin || type === "step.failed") this.#say(event);
      this.#begun.delete(address);
      this.#ended++;
    } else if (type === "step.retrying" || type === "signal.received" || type === "run.cancelling") {
      if (!isWithin) this.#say(event);
    }
    const [under = ""] = [...this.#begun.keys()].slice(-1);
    if (under !== "")
      this.#terminal.status(
        `… ${shown(under)}${this.#begun.size > 1 ? ` and ${this.#begun.size - 1} more` : ""}, ${this.#ended} ended`,
      );
  }

  #say(event: RunEvent): void {
    const begun = this.#begun.get(event.address ?? "");
    const took = begun === undefined ? "" : `  ${durationText(Date.parse(event.at) - begun)}`;
    if (!this.#terminal.isJson) this.#terminal.note(eventLine(event, this.#terminal) + took);
  }
}

const SIGNS = {
  "step.started": ["dim", "▸"],
  "step.succeeded": ["green", "✔"],
  "step.failed": ["red", "✖"],
  "step.skipped": ["dim", "–"],
  "step.retrying": ["yellow", "↻"],
  "signal.received": ["blue", "✉"],
  "run.cancelling": ["yellow", "✖"],
} as const;

/** An event as a person reads it, without its time. */
export function eventLine(
  { type, address, data }: RunEvent,
  terminal: Terminal,
  on: "out" | "notes" = "notes",
): string {
  const sign = Object.entries(SIGNS).find(([name]) => name === type)?.[1];
  const about = shown(address ?? type.replace("run.", "run "));
  const head = sign === undefined ? `  ${about}` : `${terminal.colored(sign[0], sign[1], on)} ${about}`;
  const said = [
    data.error === undefined || data.error === null ? "" : shown(String(data.error)),
    data.handled === true ? "handled" : "",
    data.status === undefined ? "" : String(data.status),
    data.signal === undefined ? "" : `signal ${shown(String(data.signal))}`,
    data.wake_at === undefined ? "" : `until ${String(data.wake_at)}`,
  ].filter((text) => text !== "");
  return [head, ...said].join("  ");
}
