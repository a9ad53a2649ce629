import { ApiError, type Client, outputOf } from "../../client/index.ts";
import type { Run } from "../../schemas/runs/run.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exits.ts";
import { type Color, shown, type Terminal, timeText, tookText } from "../terminal.ts";
import { STATUS_COLORS } from "./runs.ts";

const STEP_COLORS: Record<string, Color> = { ...STATUS_COLORS, skipped: "dim" };

/** Shows a run, or a step of it. */
export const show: Command = {
  name: "show",
  arguments: "RUN [STEP]",
  summary: "Show a run, or one of its steps by its address",
  options: {},
  examples: [
    "wf show 01a2283a-e177-7000-8f72-3914e640ff29",
    "wf show 01a2283a-e177-7000-8f72-3914e640ff29 orders[3].charge",
  ],
  least: 1,
  most: 2,
  async run({ given, terminal, client, signal }) {
    const handle = client.runs.handle(given.at(0));
    if (given.all.length === 2) {
      terminal.json(await handle.step(given.at(1), { signal }));
      return EXIT.ok;
    }
    const run = await handle.get({ signal });
    if (terminal.isJson) terminal.json(run);
    else showRun(run, await nameOf(run.workflow_id, client, signal), terminal);
    return EXIT.ok;
  },
};

/** What its author calls a workflow; its uuid where it has no id, or is deleted. */
async function nameOf(uuid: string, client: Client, signal: AbortSignal): Promise<string> {
  try {
    const { id } = await client.workflows.get(uuid, { signal });
    return typeof id === "string" ? id : uuid;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return uuid;
    throw error;
  }
}

function showRun(run: Run, workflow: string, terminal: Terminal): void {
  const { status, error, error_details: failure } = run;
  const line = (name: string, value: string) => {
    if (value !== "") terminal.print(`${terminal.colored("dim", name.padEnd(9))} ${value}`);
  };
  line("run", run.uuid);
  line("status", terminal.colored(STATUS_COLORS[status], status) + (run.phase === undefined ? "" : ` (${run.phase})`));
  line("workflow", `${shown(workflow)} version ${run.workflow_version}`);
  line("created", timeText(run.created_at));
  line("took", tookText(run));
  line("retry of", run.retry_of ?? "");
  line("parent", run.parent_run_id ?? "");
  line("tags", shown((run.tags ?? []).join(", ")));
  line("reason", shown(run.cancel_reason ?? ""));
  line("error", error === null ? "" : terminal.colored("red", shown(error)));
  if (failure !== undefined)
    line("at", `${shown(failure.step)}, code ${shown(failure.code)}, attempt ${failure.attempts}`);
  for (const { address, kind, until, signals } of run.waiting ?? []) {
    line(
      "waits",
      `${shown(address)} for ${signals === undefined ? kind : `signal ${signals.join(" or ")}`}${until === undefined ? "" : `, until ${until}`}`,
    );
  }
  const steps = Object.entries(run.step_results);
  if (steps.length > 0) {
    terminal.print("");
    terminal.table(
      ["STEP", "STATUS", "TOOK", "TRIES", "ERROR"],
      steps.map(([address, step]) => [
        shown(address),
        step.handled === true ? `${step.status}, handled` : step.status,
        tookText(step),
        String(step.attempts ?? 1),
        shown(step.error ?? ""),
      ]),
      (row, column) => (column === 1 ? (STEP_COLORS[steps[row]?.[1].status ?? ""] ?? null) : null),
    );
  }
  if (run.steps_omitted !== undefined)
    terminal.note(`${run.steps_omitted} nested steps are left out; \`wf show RUN STEP\` shows each`);
  if (status === "success") {
    terminal.print("");
    terminal.json(outputOf(run));
  }
}
