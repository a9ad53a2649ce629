import type { RunEvent } from "../../schemas/runs/run-event.ts";
import type { Call, Command } from "../command.ts";
import { EXIT, UsageError } from "../exits.ts";
import { shown, type Terminal, timeText } from "../terminal.ts";
import { filterOf, STATUS_COLORS } from "./runs.ts";
import { eventLine } from "./watching.ts";

/** Shows what happens to runs. */
export const logs: Command = {
  name: "logs",
  arguments: "[RUN]",
  summary: "Show what happened to a run; with -f what happens to it, or to all runs",
  options: {
    follow: { short: "f", about: "go on until the run ends, or Ctrl-C" },
    status: { value: "STATUS", short: "s", isRepeatable: true, about: "of all runs: those that come to this" },
    workflow: { value: "ID", short: "w", about: "of all runs: those of this workflow" },
  },
  examples: [
    "wf logs -f 01a2283a-e177-7000-8f72-3914e640ff29",
    "wf logs -f --status failed",
    "wf logs -f --json | jq .type",
  ],
  least: 0,
  most: 1,
  async run(call) {
    const { given, terminal, client, signal } = call;
    if (given.all.length === 0) return followAll(call);
    const handle = client.runs.handle(given.at(0));
    const events = given.has("follow") ? handle.events({ signal }) : handle.history({ signal });
    for await (const event of events) showEvent(event, terminal);
    return EXIT.ok;
  },
};

function showEvent(event: RunEvent, terminal: Terminal): void {
  if (terminal.isJson) terminal.jsonLine(event);
  else terminal.print(`${terminal.colored("dim", event.at)}  ${eventLine(event, terminal, "out")}`);
}

async function followAll({ given, terminal, client, signal }: Call): Promise<number> {
  const filter = filterOf(given);
  if (!given.has("follow")) {
    throw new UsageError("Which run? `wf logs RUN`, or -f to follow all of them");
  }
  for await (const event of client.runs.follow(filter, { signal })) {
    // What steps do is told of one run alone.
    if (event.type === "resync" || event.type === "run.progressed") continue;
    if (terminal.isJson) {
      terminal.jsonLine(event);
      continue;
    }
    const { run } = event.data;
    const name = shown(run.workflow.id ?? run.workflow.name ?? run.workflow.uuid);
    const status = terminal.colored(STATUS_COLORS[run.status], run.status);
    const error = run.error === null ? "" : `  ${shown(run.error)}`;
    terminal.print(`${terminal.colored("dim", timeText(event.at))}  ${run.uuid}  ${name}  ${status}${error}`);
  }
  return EXIT.ok;
}
