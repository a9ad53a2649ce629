/**
 * The rules of the design, read from the sources: which part may import which, where each library lives, where SQL is
 * written, how long a file may be, and that no imports form a circle.
 */
import { describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { ENTRIES, HOMES } from "./harness/homes.ts";
import { circlesIn, type Import, importsOf, readCode, type Source } from "./harness/sources.ts";

const ROOT = join(import.meta.dir, "..");
const MAX_LINES = 200;
const MAX_LINES_OF_TESTS = 300;
const MAX_LINES_OF_COMPONENTS = 150;
/** Files that are longer still, and may only get shorter. */
const LONGER: Record<string, number> = { "tests/doors.test.ts": 307, "tests/steps.webhook.test.ts": 307 };

const LAYERS = ["api", "services", "repositories", "storage", "db"];
/** What every part may see. */
const COMMON =
  /^src\/((schemas|language|batching|resilience|requests)\/.+|metrics\/(event-loop|table|counts|gauges|readings)\.ts|tracing\/context\.ts|(errors(\/\w+)?|step-failures(\/\w+)?|clock|descriptors|ids|lru|config(\/\w+)?|failpoints|rare-warning|run-durations|run-ends|shortcuts)\.ts)$/;
/** What of a folder of adapters every part may import: the port, and the types that it is cut into. */
const PORT = /^src\/[^/]+\/port(\/[^/]+)*\.ts$/;
const STEP_TYPES = "src/connectors/index.ts";
/** Folders whose files, ports aside, are adapters. */
const ADAPTERS = /^src\/(storage|messaging|cache|connectors|tracing)\//;

/** What of the webhook client nobody else sees. */
const WEBHOOK_INSIDE = /^workers\/webhook\/(?!(port|client|settings)\.ts$)/;
/** What reads and checks the body of a trigger. */
const VALIDATION = /^src\/(api\/request\/body\/body|schemas\/(json\/faults|runs\/trigger))\.ts$/;
const PURE_LIBRARIES = /^@sinclair\/typebox(\/.+)?$|^@marcbachmann\/cel-js$|^croner$/;
const OUTSIDE_WORLD =
  /\b(fetch|setTimeout|setInterval|setImmediate|Date\.now|Math\.random|process\.|Bun\.|performance\.)/;
const SQL = /\b(select|insert into|update|delete from)\b/i;

/** Why a file may not import something; null when it may. */
function faultOfImport(path: string, { target, typeOnly, isProgram }: Import): string | null {
  if (path.startsWith("bench/")) {
    // The same validation is the same code.
    if (path === "bench/bare-server.ts" && VALIDATION.test(target)) return null;
    return /^(src|workers)\//.test(target) ? "bench speaks HTTP only, it imports nothing of src and workers" : null;
  }
  if (isContract(path)) return isAdapter(target) ? "a contract suite knows the port, no adapter" : null;
  if (isTest(path)) return null;
  for (const { library, home, types } of HOMES) {
    if (library.test(target) && !home.test(path) && !(types && typeOnly)) {
      return `${target} lives in ${home.source} alone${types ? ", except for its types" : ""}`;
    }
  }
  if (isPure(path) && !/^(src|workers)\//.test(target) && !PURE_LIBRARIES.test(target)) {
    return `engine, language, schemas and connectors do no I/O and import no ${target}`;
  }
  if (WEBHOOK_INSIDE.test(target) && !path.startsWith("workers/webhook/")) {
    return "the webhook client is reached by its port, client and settings alone";
  }
  if (target.startsWith("workers/") && !/^(workers\/|src\/(main|testing\/tester)\.ts$)/.test(path)) {
    return "only src/main.ts imports workers";
  }
  if (isTest(target) || isContract(target)) return "tests are imported by tests alone";
  if (ENTRIES.test(path)) return null;
  // The command starts a platform, as its users do.
  if (path.startsWith("src/wf/") && (target === "src/testing.ts" || (target === "src/main.ts" && isProgram)))
    return null;
  if (ENTRIES.test(target)) return "nobody imports a composition root";
  if (isAdapter(target) && !path.startsWith(`${adapterOf(target)}/`)) {
    return "adapters are imported by the composition roots and their own folder alone";
  }
  return target.startsWith("src/") && !sees(path, target, typeOnly)
    ? `${partOf(path)} does not see ${partOf(target)}`
    : null;
}

function sees(path: string, target: string, typeOnly: boolean): boolean {
  const [part, seen] = [partOf(path), partOf(target)];
  if (part === seen) return true;
  // Of schemas and the like the page has the types alone: no validator, and nothing of the server, gets into a browser.
  if (part === "page" && (seen === "client" || !typeOnly)) return seen === "client";
  if (COMMON.test(target) || PORT.test(target)) return true;
  if (target === STEP_TYPES && typeOnly) return true;
  if (part === "wf") return seen === "client";
  if (part === "workers" || part === "testing") return seen === "engine" || target === STEP_TYPES;
  const layer = LAYERS.indexOf(part);
  return layer >= 0 && LAYERS[layer + 1] === seen;
}

/** `workers`, the folder below src, or the file's own name for one directly in src. */
function partOf(path: string): string {
  const [top = "", part = ""] = path.split("/");
  return top === "src" ? part : top;
}

function isPure(path: string): boolean {
  return /^src\/(engine|language|schemas|connectors)\//.test(path) && path !== STEP_TYPES;
}

function isAdapter(path: string): boolean {
  return (
    ADAPTERS.test(path) &&
    !COMMON.test(path) &&
    !PORT.test(path) &&
    path !== STEP_TYPES &&
    !isContract(path) &&
    !isTest(path)
  );
}

/** The folder that an adapter's file is in, or, of one that is cut into folders, the outermost. */
function adapterOf(path: string): string {
  return dirname(path).split("/").slice(0, 3).join("/");
}

function isTest(path: string): boolean {
  return /\.(test|fixture)\.ts$/.test(path);
}

function isContract(path: string): boolean {
  return path.startsWith("tests/contracts/");
}

/** Every rule that a file breaks, as `file:line: rule`. */
function check(source: Source): string[] {
  const { path, text } = source;
  const faults = importsOf(source).flatMap((one) => {
    const fault = faultOfImport(path, one);
    return fault === null ? [] : [`${path}:${one.line}: ${fault} (${one.target})`];
  });
  const fault = faultOfLength(source);
  if (fault !== null) faults.push(fault);
  if (path.startsWith("bench/") || isTest(path) || isContract(path)) return faults;

  const { code, strings } = readCode(text);
  if (!/^src\/(storage|db|page)\//.test(path)) {
    for (const { value, line } of strings) {
      if (SQL.test(value)) faults.push(`${path}:${line}: SQL is written in src/storage, src/db and sql alone`);
    }
  }
  if (isPure(path)) {
    for (const [index, line] of code.split("\n").entries()) {
      const [, word = ""] = OUTSIDE_WORLD.exec(line) ?? [];
      const own = new RegExp(`\\b(function|const|let)\\s+${word}\\b`).test(code);
      if (word !== "" && !own && !line.includes(`.${word}`)) {
        faults.push(`${path}:${index + 1}: engine, language, schemas and connectors do no I/O and use no ${word}`);
      }
    }
  }
  return faults;
}

/** Why a file has too many lines; null where it has not. */
function faultOfLength({ path, text }: Source): string | null {
  const lines = text.trimEnd().split("\n").length;
  const usual = path.endsWith(".tsx") ? MAX_LINES_OF_COMPONENTS : MAX_LINES;
  const most = LONGER[path] ?? (isTest(path) || isContract(path) ? MAX_LINES_OF_TESTS : usual);
  if (path in LONGER && lines < most) return `${path}:${lines}: name it with this number, or not at all`;
  return lines > most ? `${path}:${lines}: a file has at most ${most} lines` : null;
}

function read(folders: string[]): Promise<Source[]> {
  const paths = folders.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.{ts,tsx}`).scanSync(ROOT)]).sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await Bun.file(join(ROOT, path)).text() })));
}

const sources = await read(["{src,workers,bench}", "tests/contracts"]);
const everything = await read(["{src,workers,bench,tests,infrastructure}"]);

test("there is something to check, in every part", () => {
  const parts = new Set(sources.map(({ path }) => partOf(path)));
  for (const part of [...LAYERS, "engine", "schemas", "connectors", "messaging", "workers"])
    expect(parts).toContain(part);
  expect(sources.flatMap(importsOf).length).toBeGreaterThan(200);
});

test("every import keeps the rules", () => expect(sources.flatMap(check)).toEqual([]));

test("no file is too long", () => expect(everything.flatMap((file) => faultOfLength(file) ?? [])).toEqual([]));

test("no imports form a circle", () => {
  expect(circlesIn(everything)).toEqual([]);
  const circle = [
    { path: "bench/a.ts", text: 'import type { B } from "./b.ts";' },
    { path: "bench/b.ts", text: 'import { c } from "./c.ts";\nimport "./d.ts";' },
    { path: "bench/c.ts", text: 'export { A } from "./a.ts";' },
    { path: "bench/d.ts", text: "" },
  ];
  expect(circlesIn(circle)).toEqual(["bench/a.ts → bench/b.ts → bench/c.ts → bench/a.ts"]);
});

describe("what is wrong is found", () => {
  const wrong: [path: string, text: string, fault: string][] = [
    ["src/api/a.ts", 'import { A } from "../repositories/a.ts";', "1: api does not see repositories"],
    ["src/api/a.ts", '\n\nimport type { A } from "../repositories/a.ts";', "3: api does not see repositories"],
    ["src/api/a.ts", 'import {\n  A,\n  type B,\n} from "../db/sqlite.ts";', "1: api does not see db"],
    ["src/services/a.ts", 'export { A } from "../api/a.ts";', "1: services does not see api"],
    ["src/services/a.ts", 'export * from "../engine/decide.ts";', "1: services does not see engine"],
    ["src/services/a.ts", 'type A = import("../api/a.ts").A;', "1: services does not see api"],
    ["src/repositories/a.ts", 'import { b } from "../storage/sqlite/b.ts";', "1: adapters are imported by"],
    ["src/api/a.ts", 'import { b } from "../messaging/in-process.ts";', "1: adapters are imported by"],
    ["src/db/a.ts", 'import "../repositories/b.ts";', "1: db does not see repositories"],
    ["src/clock.ts", 'import { a } from "./services/a.ts";', "1: clock.ts does not see services"],
    ["src/api/a.ts", 'import { loadStepTypes } from "../connectors/index.ts";', "1: api does not see connectors"],
    ["workers/a.ts", 'import { A } from "../src/repositories/a.ts";', "1: workers does not see repositories"],
    ["workers/a.ts", 'import { b } from "../src/storage/sqlite/index.ts";', "1: adapters are imported by"],
    ["workers/a.ts", 'import "../src/main.ts";', "1: nobody imports a composition root"],
    [
      "src/server.ts",
      'import type { Pool } from "../workers/execution/pool.ts";',
      "1: only src/main.ts imports workers",
    ],
    ["src/a.ts", 'new Worker(new URL("../workers/a.ts", import.meta.url));', "1: only src/main.ts imports workers"],
    ["src/server.ts", 'import { Elysia } from "elysia";', "1: elysia lives in"],
    ["src/api/a.ts", 'import { h } from "preact";', "1: preact lives in"],
    ["src/main.ts", 'import { swagger } from "@elysiajs/swagger";', "1: @elysiajs/swagger lives in"],
    ["workers/a.ts", 'import { Guard } from "./webhook/guard/guard.ts";', "1: the webhook client is reached by"],
    [
      "workers/a.ts",
      'import "../src/storage/port/finding/replica.ts";',
      "1: src/storage/port/finding/replica.ts lives in",
    ],
    ["workers/main.ts", "import { Piscina } from 'piscina';", "1: piscina lives in"],
    ["src/repositories/a.ts", 'import type { Database } from "bun:sqlite";', "1: bun:sqlite lives in"],
    ["src/services/a.ts", 'import pino from "pino";', "1: pino lives in"],
    ["src/services/a.ts", 'import pino, { type Logger } from "pino";', "1: pino lives in"],
    ["src/engine/a.ts", 'import { join } from "node:path";', "1: engine, language, schemas and connectors do no I/O"],
    ["src/engine/a.ts", 'const a = await import("node:fs");', "1: engine, language, schemas and connectors do no I/O"],
    ["src/schemas/a.ts", 'import type { Logger } from "pino";', "1: engine, language, schemas"],
    ["src/connectors/a.ts", "// fetch is handed in\nreturn fetch(url);", "2: engine, language, schemas"],
    ["src/engine/a.ts", "const now =\n  Date.now();", "2: engine, language, schemas and connectors do no I/O"],
    ["src/engine/a.ts", 'import { a } from "../services/a.ts";', "1: engine does not see services"],
    ["src/engine/a.ts", 'import { a } from "../connectors/index.ts";', "1: engine does not see connectors"],
    ["src/wf/a.ts", 'import { a } from "../services/a.ts";', "1: wf does not see services"],
    ["src/wf/a.ts", 'import { a } from "../main.ts";', "1: nobody imports a composition root"],
    ["src/services/a.ts", "const a = `\n  select uuid from runs`;", "1: SQL is written in"],
    ["src/api/a.ts", '// "fine"\nquery("DELETE FROM runs");', "2: SQL is written in"],
    ["bench/a.ts", 'import type { Run } from "../src/schemas/runs/run.ts";', "1: bench speaks HTTP only"],
    ["bench/bare-server.ts", 'import { a } from "../src/api/routes/runs/runs.ts";', "1: bench speaks HTTP only"],
    ["bench/b/a.ts", 'import { a } from "../../workers/pool.ts";', "1: bench speaks HTTP only"],
    [
      "tests/contracts/storage/a.ts",
      'import { a } from "../../../src/storage/sqlite/index.ts";',
      "1: a contract suite knows the port",
    ],
    ["src/storage/sqlite/a.ts", 'import { a } from "./b.test.ts";', "1: tests are imported by tests alone"],
    ["workers/a.ts", "a;\n".repeat(201), "201: a file has at most 200 lines"],
    ["src/a.test.ts", "a;\n".repeat(301), "301: a file has at most 300 lines"],
  ];
  for (const [path, text, fault] of wrong) {
    test(`${path} ${JSON.stringify(text.slice(0, 70))}`, () => {
      const [found, ...more] = check({ path, text });
      expect(found).toStartWith(`${path}:${fault}`);
      expect(more).toEqual([]);
    });
  }
});

describe("what is right is left alone", () => {
  const right: [path: string, text: string][] = [
    ["src/api/a.ts", 'import { A } from "../services/a.ts";\nimport { B } from "../schemas/b.ts";\nimport "elysia";'],
    [
      "src/services/a.ts",
      'import type { A } from "../storage/port.ts";\nimport type { B } from "../connectors/index.ts";',
    ],
    ["src/services/a.ts", 'import { type Logger } from "pino";\nimport { join } from "node:path";'],
    [
      "src/storage/sqlite/a.ts",
      'import { b } from "./b.ts";\nimport { c } from "../../db/c.ts";\nconst a = "select 1";',
    ],
    [
      "src/main.ts",
      'import { a } from "./storage/sqlite/index.ts";\nimport pino from "pino";\nimport "../workers/execution/pool.ts";',
    ],
    ["workers/a.ts", 'import { a } from "../src/engine/a.ts";\nimport { b } from "../src/connectors/index.ts";'],
    [
      "src/api/a.ts",
      '// import { A } from "../db/a.ts";\n/* import "../db/a.ts" */\nconst a = \'import { A } from "../db/a.ts"\';',
    ],
    ["src/api/a.ts", 'const a = /["\'`]/;\nrepository.update(a); // select\nconst b = "selected updates";'],
    ["src/engine/a.ts", "function fetch(path: string) {}\nfetch(tools.fetch);"],
    ["src/wf/a.ts", 'import { a } from "../client/index.ts";\nimport { b } from "../testing.ts";'],
    ["src/connectors/a.ts", "return tools.fetch(request);"],
    ["src/a.test.ts", 'import { a } from "./storage/sqlite/index.ts";\nconst b = "select 1";'],
    ["bench/a.ts", 'import { Database } from "bun:sqlite";\nimport { b } from "./src/b.ts";'],
    ["workers/a.ts", "a;\n".repeat(200)],
    ["src/a.test.ts", "a;\n".repeat(300)],
    ["src/storage/sqlite/a.ts", 'import { b } from "./b/c.ts";'],
    ["src/storage/sqlite/b/c.ts", 'import { b } from "../d.ts";'],
  ];
  for (const [path, text] of right) {
    test(`${path} ${JSON.stringify(text.slice(0, 70))}`, () => expect(check({ path, text })).toEqual([]));
  }
});
