import type { RunHandle } from "../../client/index.ts";
import type { Arguments, Call, Command, Option } from "../command.ts";
import { EXIT, failureOf } from "../exits.ts";

interface Control {
  name: string;
  summary: string;
  options: Record<string, Option>;
  ask(run: RunHandle, given: Arguments): Promise<{ status: string }>;
}

export const cancel = command({
  name: "cancel",
  summary: "End runs; what succeeded and can be undone is undone",
  options: {
    reason: { value: "TEXT", about: "why, for those who read the run" },
    "no-compensate": { about: "undo nothing" },
  },
  ask(run, given) {
    const reason = given.text("reason");
    return run.cancel({
      ...(reason === undefined ? {} : { reason }),
      ...(given.has("no-compensate") ? { compensate: false } : {}),
    });
  },
});

export const pause = command({
  name: "pause",
  summary: "Have runs stand still until they are resumed",
  options: {},
  ask: (run) => run.pause(),
});

export const resume = command({
  name: "resume",
  summary: "Have paused runs go on",
  options: {},
  ask: (run) => run.resume(),
});

function command({ ask, ...said }: Control): Command {
  return {
    ...said,
    arguments: "RUN…",
    examples: [
      `wf ${said.name} 01a2283a-e177-7000-8f72-3914e640ff29`,
      `wf runs -s running --json | jq -r '.[].uuid' | xargs wf ${said.name}`,
    ],
    least: 1,
    most: Number.POSITIVE_INFINITY,
    run: (call) => askAll(call, ask),
  };
}

/** One after the other; those that can't be asked are said, and the rest goes on. */
async function askAll({ given, terminal, client, url }: Call, ask: Control["ask"]): Promise<number> {
  const answers: { run_id: string; status?: string; error?: string }[] = [];
  let exitCode: number = EXIT.ok;
  for (const [index, id] of given.all.entries()) {
    if (given.all.length > 1) terminal.progress("runs", index, given.all.length);
    try {
      const { status } = await ask(client.runs.handle(id), given);
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
