import type { BulkAction, RunHandle } from "../../client/index.ts";
import type { Arguments, Call, Command, Option } from "../command.ts";
import { EXIT, failureOf } from "../exits.ts";
import { actUpon, BULK_OPTIONS, bulkFilterOf } from "./bulk.ts";

interface Control {
  name: "cancel" | "pause" | "resume";
  summary: string;
  options: Record<string, Option>;
  /** What is said with it. */
  said(given: Arguments): Pick<BulkAction, "reason" | "compensate">;
  ask(run: RunHandle, said: Pick<BulkAction, "reason" | "compensate">): Promise<{ status: string }>;
}

export const cancel = command({
  name: "cancel",
  summary: "End runs; what succeeded and can be undone is undone",
  options: {
    reason: { value: "TEXT", about: "why, for those who read the run" },
    "no-compensate": { about: "undo nothing" },
  },
  said(given) {
    const reason = given.text("reason");
    return {
      ...(reason === undefined ? {} : { reason }),
      ...(given.has("no-compensate") ? { compensate: false } : {}),
    };
  },
  ask: (run, said) => run.cancel(said),
});

export const pause = command({
  name: "pause",
  summary: "Have runs stand still until they are resumed",
  options: {},
  said: () => ({}),
  ask: (run) => run.pause(),
});

export const resume = command({
  name: "resume",
  summary: "Have paused runs go on",
  options: {},
  said: () => ({}),
  ask: (run) => run.resume(),
});

function command({ name, summary, options, ...control }: Control): Command {
  return {
    ...{ name, summary, options: { ...options, ...BULK_OPTIONS } },
    arguments: "[RUN…]",
    examples: [
      `wf ${name} 01a2283a-e177-7000-8f72-3914e640ff29`,
      `wf ${name} --workflow sync_orders --since 2h --dry-run   # all that fit`,
    ],
    least: 0,
    most: Number.POSITIVE_INFINITY,
    run(call) {
      const filter = bulkFilterOf(call.given, name);
      const said = control.said(call.given);
      return filter === null
        ? askAll(call, (run) => control.ask(run, said))
        : actUpon(filter, { action: name, ...said }, call);
    },
  };
}

/** One after the other; those that can't be asked are said, and the rest goes on. */
async function askAll(
  { given, terminal, client, url }: Call,
  ask: (run: RunHandle) => Promise<{ status: string }>,
): Promise<number> {
  const answers: { run_id: string; status?: string; error?: string }[] = [];
  let exitCode: number = EXIT.ok;
  for (const [index, id] of given.all.entries()) {
    if (given.all.length > 1) terminal.progress("runs", index, given.all.length);
    try {
      const { status } = await ask(client.runs.handle(id));
      answers.push({ run_id: id, status });
      if (!terminal.isJson) terminal.print(`${id}  ${status}`);
    } catch (error) {
      const failure = failureOf(error, url);
      if (failure === null || failure.exitCode === EXIT.unreachable) throw error;
      exitCode = failure.exitCode;
      answers.push({ run_id: id, error: failure.message });
      if (!terminal.isJson) terminal.note(`${id}  ${terminal.colored("red", failure.message, "notes")}`);
    }
  }
  terminal.clearStatus();
  if (terminal.isJson) terminal.json(answers);
  return exitCode;
}
