/**
 * Builds the client for Node, Deno and browsers: `bun src/client/build/build.ts [FOLDER]`, dist/client without one. What it
 * builds, and its types, need no other file and no package.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { wireTypes } from "./wire-types.ts";

const ROOT = resolve(import.meta.dir, "../../..");
const SOURCES = join(ROOT, "src/client");
/** What the client has of the server: types of what is sent and answered. */
const OF_SERVER = /^(import|export) type \{([^}]+)\} from "(\.\.\/[^"]+)";$/gm;
const OPTIONS = {
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
  ...{ target: "ESNext", module: "NodeNext", lib: ["ESNext", "DOM", "DOM.AsyncIterable"], types: [] },
  ...{ allowImportingTsExtensions: true, declaration: true, emitDeclarationOnly: true },
};

const folder = resolve(process.argv[2] ?? join(ROOT, "dist/client"));
mkdirSync(folder, { recursive: true });
await Bun.build({ entrypoints: [join(SOURCES, "index.ts")], target: "browser", outdir: folder });
const copy = mkdtempSync(join(tmpdir(), "client-build-"));
try {
  await writeTypes(copy, folder);
} finally {
  rmSync(copy, { recursive: true });
}

/** Compiles a copy of the client against the plain types of what it has of the server, which shows that these are enough. */
async function writeTypes(copy: string, target: string): Promise<void> {
  // What the others are made of.
  const needed = new Map<string, Set<string>>([
    [join(ROOT, "src/schemas/json/json.ts"), new Set(["Json", "JsonObject"])],
  ]);
  for (const name of readdirSync(SOURCES).filter((one) => one.endsWith(".ts"))) {
    const text = readFileSync(join(SOURCES, name), "utf8");
    for (const [, , names = "", path = ""] of text.matchAll(OF_SERVER)) {
      const file = join(SOURCES, path);
      const all = names.split(",").map((one) => one.trim());
      needed.set(file, new Set([...(needed.get(file) ?? []), ...all.filter((one) => one !== "")]));
    }
    writeFileSync(join(copy, name), text.replaceAll(OF_SERVER, '$1 type {$2} from "./wire.ts";'));
  }
  writeFileSync(join(copy, "wire.ts"), await wireTypes(ROOT, needed));
  writeFileSync(join(copy, "package.json"), '{ "type": "module" }');
  writeFileSync(join(copy, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, include: ["*.ts"] }));
  const compiler = Bun.spawn([join(ROOT, "node_modules/.bin/tsc"), "-p", copy], { stdout: "inherit" });
  if ((await compiler.exited) !== 0) throw new Error("The types of the client can't be written");
  for (const name of readdirSync(copy).filter((one) => one.endsWith(".d.ts"))) {
    const text = readFileSync(join(copy, name), "utf8");
    writeFileSync(join(target, name), text.replaceAll(/(from ".\/[\w-]+)\.ts"/g, '$1.js"'));
  }
}
