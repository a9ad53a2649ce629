import { parseArgs } from "node:util";
import type { Mode, Settings } from "./settings.ts";

/** What the command line asks for. */
export interface Arguments extends Settings {
  /** Scenarios by name; empty: those that run by default. */
  names: string[];
  /** The one mode to measure; undefined: what the machine offers. */
  mode: Mode | undefined;
  /** File of an older run to hold the figures against. */
  compare: string | undefined;
}

/** Reads the command line and BENCHMARK_CONCURRENCY; ends the process with a usage when they do not fit. */
export function readArguments(known: readonly string[], usual: readonly string[]): Arguments {
  const usage = (problem: string): never => {
    console.error(`${problem}
usage: bun run bench [scenario…] [--users N] [--url http://host:port] [--compare old.json]
                     [--mode embedded|stack] [--minutes N] [--quick]
scenarios: ${known.join(", ")}
           (without any: ${usual.join(", ")})
--users    of the flow, in place of 1,000 and 10,000
--url      measures a platform that runs already
--compare  ends with 1 when a figure is worse than in that file
--minutes  of soak (10), snapshot (10) and hanging (5)
--quick    a tenth of the load of cost, chain, automation, shortcuts, long, snapshot and hanging: shows that they work, no more
bench/README.md describes the scenarios`);
    process.exit(1);
  };
  const number = (name: string, text: string | undefined): number | undefined => {
    if (text === undefined || text === "") return undefined;
    const value = Number(text);
    return value > 0 && Number.isFinite(value) ? value : usage(`${name} ${text} is no number above 0`);
  };
  try {
    const { values, positionals } = parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        users: { type: "string" },
        url: { type: "string" },
        compare: { type: "string" },
        mode: { type: "string" },
        minutes: { type: "string" },
        quick: { type: "boolean", default: false },
      },
    });
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) return usage(`there is no scenario ${unknown}`);
    const users = number("--users", values.users ?? process.env.BENCHMARK_CONCURRENCY);
    if (users !== undefined && !Number.isInteger(users)) return usage(`${users} is no number of users`);
    const { url, compare, mode } = values;
    if (mode !== undefined && mode !== "embedded" && mode !== "stack") return usage(`there is no mode ${mode}`);
    if (mode !== undefined && url !== undefined) return usage("--mode is for a platform that the bench starts");
    const minutes = number("--minutes", values.minutes);
    return {
      names: positionals,
      users,
      url,
      compare,
      mode: url === undefined ? mode : "url",
      minutes,
      quick: values.quick,
    };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}
