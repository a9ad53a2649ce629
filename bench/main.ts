// `bun run bench [scenario…]`: measures the platform over HTTP, embedded and as the full stack, prints its figures beside
// the original's and holds them against their floors.
import { withLock } from "../infrastructure/local/processes/lock.ts";
import { readArguments } from "./arguments.ts";
import { type Bare, measureBare } from "./limits/bare.ts";
import { factsText, machineFacts, modeFacts } from "./platform/machine.ts";
import { unlessInterrupted } from "./platform/processes.ts";
import { stackTrouble } from "./platform/stack.ts";
import { compare } from "./report/compare.ts";
import { writePicture } from "./report/picture.ts";
import { type ModeResults, type Results, readResults, writeResults } from "./report/results.ts";
import { processesText, tablesText } from "./report/side-by-side.ts";
import { passes } from "./report/table.ts";
import { busyNotes, type Outcome, Session } from "./scenario.ts";
import { SCENARIOS, USUAL, USUAL_ON_STACK } from "./scenarios/index.ts";
import type { Mode } from "./settings.ts";

const LOCK = `${import.meta.dir}/../data/bench`;

const asked = readArguments(Object.keys(SCENARIOS), USUAL);
const older = asked.compare === undefined ? undefined : await readOlder(asked.compare);
const started = performance.now();
const faults: string[] = [];
let bare: Promise<Bare> | undefined;

// Two benches at once would measure each other.
const waiting = setTimeout(() => progress("another bench runs; this one waits for its end"), 1000);
await withLock(LOCK, async () => {
  clearTimeout(waiting);
  const results: Results = { measured_at: new Date().toISOString(), machine: machineFacts(), modes: {} };
  console.log(factsText(results.machine));
  for (const mode of modesOf()) results.modes[mode] = await measureMode(mode);
  print(results);
  const path = await writeResults(results, suffix());
  const paths = suffix() === "" ? [path, await writePicture(results, path)] : [path];
  console.log(`\nwritten to ${paths.join(" and ")} after ${seconds().trim()} s`);
  if (older !== undefined) printComparison(results, older);
  console.log(
    faults.length === 0 ? "every floor is kept" : `missed:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
  );
});
process.exit(faults.length === 0 ? 0 : 1);

/** One mode after the other, so that they do not disturb each other. */
function modesOf(): Mode[] {
  if (asked.mode !== undefined) return [asked.mode];
  const trouble = stackTrouble();
  if (trouble !== null) console.log(`the full stack is left out: ${trouble}`);
  return trouble === null ? ["embedded", "stack"] : ["embedded"];
}

async function measureMode(mode: Mode): Promise<ModeResults> {
  const label = { embedded: "embedded", stack: "full stack", url: asked.url ?? "" }[mode];
  const bareServers = () => {
    bare ??= measureBare(progress);
    return bare;
  };
  const session = new Session(mode, asked, bareServers, (text) => progress(`${label}: ${text}`));
  const usual = mode === "stack" ? USUAL_ON_STACK : USUAL;
  const scenarios: Record<string, Outcome> = {};
  for (const name of asked.names.length > 0 ? asked.names : usual) {
    const outcome = await measureScenario(name, session, label);
    await unlessInterrupted();
    if (outcome !== undefined) scenarios[name] = outcome;
  }
  if (mode === "stack") progress("full stack: ending");
  await session.close().catch((error) => void faults.push(`${label}: ${error}`));
  const measured = await bare?.catch(() => undefined);
  return {
    label,
    facts: await modeFacts(mode, asked),
    bare: measured === undefined ? undefined : bareRates(measured),
    scenarios,
  };
}

function bareRates({ get, post }: Bare) {
  return { get: get.per_second, post: post.per_second, quiet: busyNotes([get, post]).length === 0 };
}

async function measureScenario(name: string, session: Session, label: string): Promise<Outcome | undefined> {
  try {
    const outcome = await SCENARIOS[name]?.(session);
    for (const { title, rows } of outcome?.tables ?? []) {
      for (const row of rows) if (!passes(row)) faults.push(`${label}: ${title}: ${row.figure}`);
    }
    return outcome;
  } catch (error) {
    await unlessInterrupted();
    // One scenario that could not be measured is a failed bench, but the others are still worth their figures.
    const sentence = error instanceof Error ? error.message : String(error);
    progress(`${label}: ${name} could not be measured: ${sentence}`);
    faults.push(`${label}: ${name}: not measured (${sentence})`);
    return undefined;
  }
}

function print({ modes }: Results): void {
  const all = Object.values(modes);
  for (const { label, facts } of all) console.log(`${label}: ${factsText(facts)}`);
  const names = new Set(all.flatMap(({ scenarios }) => Object.keys(scenarios)));
  const sideOf = (label: string, outcomes: Outcome[]) => ({
    label,
    tables: outcomes.flatMap(({ tables }) => tables),
    columns: outcomes.flatMap(({ columns }) => columns),
  });
  for (const name of names) {
    const sides = all.map(({ label, scenarios }) =>
      sideOf(label, scenarios[name] === undefined ? [] : [scenarios[name]]),
    );
    console.log(tablesText(sides, name === "limits"));
  }
  for (const { label, scenarios } of all) {
    const others = Object.entries(scenarios).filter(([name]) => name !== "limits");
    const text = processesText(
      sideOf(
        label,
        others.map(([, outcome]) => outcome),
      ),
    );
    if (text !== "") console.log(text);
  }
}

function printComparison(results: Results, before: Results): void {
  const { compared, faults: worse, notes } = compare(results, before);
  console.log(`compared ${compared} figures with those of ${before.measured_at}`);
  for (const note of notes) console.log(`  ${note}`);
  faults.push(...worse);
}

async function readOlder(path: string): Promise<Results> {
  try {
    return await readResults(path);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/** What tells the file of a part, or of another platform, from that of a whole run. */
function suffix(): string {
  const { names, users, mode, url, quick } = asked;
  const whole = names.length === 0 && users === undefined && !quick;
  const part = whole ? [] : names.length === 0 ? ["all"] : names;
  return [
    ...part,
    ...(url !== undefined ? ["elsewhere"] : mode === undefined ? [] : [mode]),
    ...(quick ? ["quick"] : []),
  ]
    .map((word) => `-${word}`)
    .join("");
}

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(0).padStart(4);
}

function progress(text: string): void {
  console.error(`${seconds()} s  ${text}`);
}
