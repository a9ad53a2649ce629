import { existsSync } from "node:fs";
import { ValidationFailed } from "../../errors.ts";
import { isObject, type Json } from "../../schemas/json/json.ts";
import type { Command } from "../command.ts";
import { EXIT, Failure, UsageError } from "../exits.ts";
import { faultLines, readDefinitionFile, readJsonFile, testPaths } from "../files/definition-files.ts";
import { durationText } from "../terminal.ts";

interface Outcome {
  path: string;
  passed: boolean;
  faults: string[];
  milliseconds: number;
}

/** Runs the tests of definitions. */
export const test: Command = {
  name: "test",
  arguments: "[FILE|DIR…]",
  summary: "Run NAME.test.json beside NAME.json in virtual time; no platform is needed",
  options: {},
  examples: ["wf test workflows/", "wf test workflows/hello.test.json"],
  least: 0,
  most: Number.POSITIVE_INFINITY,
  async run({ given, terminal }) {
    const paths = testPaths(given.all.length === 0 ? ["."] : given.all).map((path) =>
      path.endsWith(".test.json") ? path : path.replace(/\.json$/, ".test.json"),
    );
    if (paths.length === 0) throw new UsageError("There is no test: no file ends with .test.json");
    const outcomes: Outcome[] = [];
    for (const [index, path] of paths.entries()) {
      terminal.progress("tested", index, paths.length);
      const outcome = await outcomeOf(path);
      outcomes.push(outcome);
      if (terminal.isJson) continue;
      const sign = outcome.passed ? terminal.colored("green", "✔") : terminal.colored("red", "✖");
      terminal.print(`${sign} ${path}  ${terminal.colored("dim", durationText(outcome.milliseconds))}`);
      for (const fault of outcome.faults) terminal.print(`    ${fault}`);
    }
    const failed = outcomes.filter(({ passed }) => !passed).length;
    if (terminal.isJson) terminal.json(outcomes);
    else terminal.print(`${outcomes.length - failed} passed, ${failed} failed`);
    return failed === 0 ? EXIT.ok : EXIT.failed;
  },
};

async function outcomeOf(path: string): Promise<Outcome> {
  const begin = performance.now();
  const faults = await faultsOf(path).catch((error: unknown) => {
    if (error instanceof Failure) return [error.message];
    if (error instanceof Error) return [error.message];
    throw error;
  });
  return { path, passed: faults.length === 0, faults, milliseconds: performance.now() - begin };
}

async function faultsOf(path: string): Promise<string[]> {
  const tested = path.replace(/\.test\.json$/, ".json");
  if (!existsSync(tested)) return [`There is no ${tested} that it tests`];
  const file = await readDefinitionFile(tested);
  const { value } = await readJsonFile(path);
  if (!isObject(value) || !isObject(value.expected)) return ["A test is an object that says what is `expected`"];
  const { expected, ...given } = value;
  // Loaded here: no other command needs the engine.
  const { testWorkflow } = await import("../../testing.ts");
  try {
    const run: Json = JSON.parse(JSON.stringify(await testWorkflow(file.definition, given)));
    return differences(expected, run, "");
  } catch (error) {
    if (!(error instanceof ValidationFailed)) throw error;
    const own = error.faults.filter(({ loc }) => loc[1] === "definition");
    const inDefinition = own.map((fault) => ({ ...fault, loc: fault.loc.slice(2) }));
    const others = error.faults.filter((fault) => !own.includes(fault));
    return [
      ...faultLines(file, inDefinition),
      ...others.map(({ loc, msg }) => `${path}: ${loc.slice(1).join(".")}: ${msg}`),
    ];
  }
}

/** What is not as expected. Objects may have more than is expected of them. */
export function differences(expected: Json, found: Json | undefined, at: string): string[] {
  if (isObject(expected) && isObject(found)) {
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, Object.hasOwn(found, key) ? found[key] : undefined, at === "" ? key : `${at}.${key}`),
    );
  }
  if (Array.isArray(expected) && Array.isArray(found) && expected.length === found.length) {
    return expected.flatMap((value, index) => differences(value, found[index], `${at}[${index}]`));
  }
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found) ?? "nothing"];
  return wanted === got ? [] : [`${at}: expected ${wanted}, found ${got}`];
}
