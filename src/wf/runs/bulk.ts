/** The same asked of all runs that fit. */
import { createInterface } from "node:readline/promises";
import type { BulkAction, BulkCount, BulkHandle, BulkState, RunFilter } from "../../client/index.ts";
import type { Arguments, Call, Option } from "../command.ts";
import { EXIT, Failure, UsageError } from "../exits.ts";
import { shown, type Terminal } from "../terminal.ts";
import { FILTERS, filterOf } from "./runs.ts";

/** Options of a command that takes runs by a filter as well. */
export const BULK_OPTIONS: Record<string, Option> = {
  ...FILTERS,
  "dry-run": {
    about:
      "only say how many runs fit, and for which it would be refused; of a run to be tried again, which of its steps would run",
  },
  yes: { short: "y", about: "do not ask whether it is meant" },
};

/** What is done, in words: as a title, and once it was done. */
interface Words {
  title: string;
  done: string;
}

const WORDS: Record<BulkAction["action"], Words> = {
  cancel: { title: "Cancel", done: "cancelled" },
  pause: { title: "Pause", done: "paused" },
  resume: { title: "Resume", done: "resumed" },
  retry: { title: "Retry", done: "tried again" },
};

/** Which runs are meant by options; null where they are named. @throws UsageError where they are both, or neither */
export function bulkFilterOf(given: Arguments, name: string): RunFilter | null {
  const filter = filterOf(given);
  const isFiltered = Object.keys(filter).length > 0;
  if (given.all.length > 0 && isFiltered)
    throw new UsageError("Name the runs, or say which with options, but not both");
  if (isFiltered) return filter;
  for (const option of name === "retry" ? ["yes"] : ["dry-run", "yes"]) {
    if (given.has(option)) throw new UsageError(`--${option} is for runs that ${optionsText()} say`);
  }
  if (given.all.length > 0) return null;
  throw new UsageError(`Which runs? \`wf ${name} RUN\`, or those that ${optionsText()} say`);
}

function optionsText(): string {
  const names = Object.keys(FILTERS).map((one) => `--${one}`);
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** Does something to all runs that fit, after it said how many these are. @returns the exit code */
export async function actUpon(
  filter: RunFilter,
  action: BulkAction,
  { given, terminal, client, signal }: Call,
): Promise<number> {
  const words = WORDS[action.action];
  const counted = await client.runs.countBulk(action, filter, { signal });
  const which = whichText(counted);
  if (given.has("dry-run")) {
    if (terminal.isJson) terminal.json(counted);
    else {
      terminal.print(which === null ? "No run fits" : `${which}: nothing was done, a dry run`);
      foretell(counted, terminal);
    }
    return EXIT.ok;
  }
  if (which === null) {
    tellNone(action, given.has("detach"), terminal);
    return EXIT.ok;
  }
  if (!given.has("yes")) {
    foretell(counted, terminal);
    await confirm(`${words.title} ${which}?`, signal);
  }
  const handle = await client.runs.startBulk(action, filter, { signal });
  if (given.has("detach")) {
    if (terminal.isJson) terminal.json({ bulk_id: handle.id });
    else terminal.print(handle.id);
    return EXIT.ok;
  }
  const state = await watch(handle, words, terminal, signal);
  if (terminal.isJson) terminal.json(state);
  else tell(state, words, terminal);
  return state.failed === 0 ? EXIT.ok : EXIT.failed;
}

/** The runs that an action is for, as far as they are counted; null where there are none. */
function whichText({ count, more }: BulkCount): string | null {
  if (count === 0) return more ? "all runs that fit, none of those that were looked at first" : null;
  return `${count.toLocaleString("en")}${more ? " or more" : ""} run${count === 1 && !more ? "" : "s"}`;
}

/** Nothing is begun where no run fits: a program is told the same of it as of an action that is over, but for its id. */
function tellNone({ action }: BulkAction, isDetached: boolean, terminal: Terminal): void {
  const over = { action, status: "done", total: 0, done: 0, failed: 0, errors: [] };
  if (terminal.isJson) terminal.json({ bulk_id: null, ...(!isDetached && over) });
  else if (isDetached) terminal.note("No run fits");
  else terminal.print("No run fits");
}

/** @throws UsageError where nobody can be asked; Failure where it is not meant */
async function confirm(question: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError(`${question} Say --yes if so, or look first with --dry-run`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("Nothing was done");
  } finally {
    asking.close();
  }
}

/** Shows how far it is, until it is over. Interrupted it is stopped: what was done stays. @throws Failure that says so */
async function watch(handle: BulkHandle, { done }: Words, terminal: Terminal, signal: AbortSignal): Promise<BulkState> {
  try {
    const looks = handle.progress({ signal });
    for (;;) {
      const look = await looks.next();
      if (look.done === true) return look.value;
      const { status, total, ...state } = look.value;
      if (status === "counting") terminal.status(`… ${total} runs fit so far`);
      else terminal.progress(done, state.done + state.failed, total);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    const { done: count, total } = await handle.stop();
    throw new Failure(`Stopped: ${count} of ${total} runs were ${done}`, EXIT.interrupted);
  } finally {
    terminal.clearStatus();
  }
}

/** Says what can't be done, as far as it was tried out. */
function foretell({ count, looked, failed, errors }: BulkCount, terminal: Terminal): void {
  if (failed === 0) return;
  const among = looked === count ? "" : ` of the newest ${looked.toLocaleString("en")}`;
  terminal.note(`${failed.toLocaleString("en")}${among} can't be:`);
  tellErrors(errors, terminal);
}

function tell({ status, done, failed, errors }: BulkState, words: Words, terminal: Terminal): void {
  const rest = `${failed === 0 ? "" : `, ${failed} could not be`}${status === "stopped" ? ", stopped by somebody" : ""}`;
  terminal.print(`${done} ${words.done}${rest}`);
  tellErrors(errors, terminal);
}

function tellErrors(errors: BulkState["errors"], terminal: Terminal): void {
  for (const { detail, count, run_id } of errors) {
    terminal.note(`${terminal.colored("red", String(count), "notes")} ${shown(detail)}, as ${run_id}`);
  }
}
