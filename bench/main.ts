// `bun run bench [scenario…] [--url URL] [--users N]`: measures the platform over HTTP and holds it against its floors.
import { parseArgs } from "node:util";
import { machine, writeResults } from "./report.ts";
import { type Outcome, Session } from "./scenario.ts";
import { flow } from "./scenarios/flow.ts";
import { latency } from "./scenarios/latency.ts";
import { limits } from "./scenarios/limits.ts";
import { size } from "./scenarios/size.ts";
import { stall } from "./scenarios/stall.ts";
import { triggers } from "./scenarios/triggers.ts";
import { passes, tableText } from "./table.ts";

const SCENARIOS: Record<string, (session: Session) => Promise<Outcome>> = {
  limits,
  triggers,
  latency,
  flow,
  stall,
  size,
};
const DEFAULT = ["limits", "triggers", "latency", "flow", "stall"];

function usage(problem: string): never {
  console.error(`${problem}\nusage: bun run bench [scenario…] [--url http://host:port] [--users N]`);
  console.error(`scenarios: ${Object.keys(SCENARIOS).join(", ")} (without any: ${DEFAULT.join(", ")})`);
  process.exit(1);
}

function readArguments() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: { url: { type: "string" }, users: { type: "string" } },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = readArguments();
const names = positionals.length > 0 ? positionals : DEFAULT;
const unknown = names.find((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown !== undefined) usage(`there is no scenario ${unknown}`);
const wantedUsers = values.users ?? process.env.BENCHMARK_CONCURRENCY;
const users = wantedUsers === undefined ? undefined : Number(wantedUsers);
if (users !== undefined && !(Number.isInteger(users) && users > 0)) usage(`${wantedUsers} is no number of users`);

const settings = { url: values.url, users };
const facts = machine(settings);
console.log(
  Object.entries(facts)
    .map(([name, value]) => `${name}: ${value}`)
    .join(" · "),
);

const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(0).padStart(4);
const session = new Session(settings, (text) => console.error(`${seconds()} s  ${text}`));
const outcomes: Record<string, Outcome> = {};
const faults: string[] = [];
for (const name of names) {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) continue;
  try {
    const outcome = await scenario(session);
    outcomes[name] = outcome;
    for (const table of outcome.tables) {
      console.log(tableText(table));
      for (const row of table.rows) if (!passes(row)) faults.push(`${table.title}: ${row.figure.trim()}`);
    }
  } catch (error) {
    // One scenario that could not be measured is a failed bench, but the others are still worth their figures.
    const sentence = error instanceof Error ? error.message : String(error);
    console.error(`\n${name} could not be measured: ${sentence}`);
    faults.push(`${name}: not measured (${sentence})`);
  }
}
const part = positionals.length > 0 || users !== undefined ? `-${names.join("-")}` : "";
const elsewhere = values.url === undefined ? "" : "-elsewhere";
const path = await writeResults(part + elsewhere, facts, outcomes);
console.log(`\nwritten to ${path} after ${seconds().trim()} s`);
console.log(faults.length === 0 ? "every floor is kept" : `missed:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
process.exit(faults.length === 0 ? 0 : 1);
