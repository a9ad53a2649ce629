import type { Command } from "../command.ts";
import { EXIT, UsageError } from "../exits.ts";
import { shown } from "../terminal.ts";
import { actUpon, BULK_OPTIONS, bulkFilterOf } from "./bulk.ts";
import { readPayload } from "./payload.ts";
import { tell, watch } from "./watching.ts";

/** Tries a run again, or all that fit. */
export const retry: Command = {
  name: "retry",
  arguments: "[RUN]",
  summary: "Run an ended run again from the step that failed, and give its output; or all that fit",
  options: {
    from: { value: "STEP", about: "the address of the step to begin with" },
    version: { value: "VERSION", about: "of the workflow: same, latest, or a number; same" },
    payload: { value: "JSON", short: "p", about: "in place of the old one: JSON, @FILE, or -" },
    detach: { short: "d", about: "do not wait: print the id of the new run, or of the action upon many" },
    ...BULK_OPTIONS,
  },
  examples: [
    "wf retry 01a2283a-e177-7000-8f72-3914e640ff29",
    "wf retry 01a2283a-e177-7000-8f72-3914e640ff29 --from charge --version latest",
    "wf retry 01a2283a-e177-7000-8f72-3914e640ff29 --dry-run      # which steps would run",
    "wf retry --status failed --workflow sync_orders --since 2h   # all that fit",
  ],
  least: 0,
  most: 1,
  async run(call) {
    const { given, terminal, client, signal } = call;
    const [from, version] = [given.text("from"), versionOf(given.text("version"))];
    const said = {
      ...(from === undefined ? {} : { from }),
      ...(version === undefined ? {} : { version }),
    };
    const filter = bulkFilterOf(given, "retry");
    if (filter !== null) {
      if (given.text("payload") !== undefined)
        throw new UsageError("--payload is for one run: each of many keeps its own");
      return actUpon(filter, { action: "retry", ...said }, call);
    }
    const payload = await readPayload(given.text("payload"));
    const options = { ...said, ...(payload === undefined ? {} : { payload }) };
    const run = client.runs.handle(given.at(0));
    if (given.has("dry-run")) {
      const will_run = await run.wouldRun(options);
      if (terminal.isJson) terminal.json({ will_run });
      else for (const address of will_run) terminal.print(shown(address));
      return EXIT.ok;
    }
    const retried = await run.retry(options);
    if (given.has("detach")) {
      if (terminal.isJson) terminal.json({ run_id: retried.id, will_run: retried.willRun });
      else terminal.print(retried.id);
      return EXIT.ok;
    }
    if (!terminal.isJson) {
      terminal.note(`run ${retried.id} runs ${retried.willRun.map(shown).join(", ")}`);
    }
    return tell(await watch(retried, terminal, signal), terminal);
  },
};

function versionOf(text: string | undefined): "same" | "latest" | number | undefined {
  if (text === undefined || text === "same" || text === "latest") return text;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`--version takes same, latest or a number, and not ${JSON.stringify(text)}`);
}
