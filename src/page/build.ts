/**
 * Builds the page into dist/page: `bun src/page/build.ts [--if-older]`. Beside each file lie its .gz and .br; manifest.json
 * has the names, and is written last, so that what it names is there.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** What the server needs to know of a file. */
interface BuiltFile {
  /** Without its hash, such as `main.js`; its own name for a part that others load. */
  file: string;
  /** In dist/page. */
  name: string;
  type: string;
}

const ROOT = resolve(import.meta.dir, "../..");
const TARGET = join(ROOT, "dist/page");
const MANIFEST = join(TARGET, "manifest.json");

/** What the page is made of: a change of any of it makes it old. */
const SOURCES = ["src/page", "src/client", "src/schemas", "examples", "bun.lock", "tsconfig.json"];
/** What index.html names, and workers: these are loaded by their address, from a page of any version of their own. */
const ENTRIES = ["main.tsx", "style/style.css", ...new Bun.Glob("**/*.worker.ts").scanSync(import.meta.dir)];
const ENTRY_FILES = new Set(ENTRIES.map((path) => basename(path).replace(/\.tsx?$/, ".js")));
const TYPES: Record<string, string> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

if (!process.argv.includes("--if-older") || isOld()) await build();

function isOld(): boolean {
  if (!existsSync(MANIFEST)) return true;
  const built = statSync(MANIFEST).mtimeMs;
  return SOURCES.some((path) => isYounger(join(ROOT, path), built));
}

function isYounger(path: string, than: number): boolean {
  const found = statSync(path);
  // A folder is younger where a file of it is gone.
  return (
    found.mtimeMs > than || (found.isDirectory() && readdirSync(path).some((name) => isYounger(join(path, name), than)))
  );
}

async function build(): Promise<void> {
  mkdirSync(TARGET, { recursive: true });
  const { outputs } = await Bun.build({
    entrypoints: ENTRIES.map((path) => join(import.meta.dir, path)),
    target: "browser",
    minify: true,
    splitting: true,
    // Parts name each other relatively, so that they are found wherever they are.
    naming: { entry: "[name]-[hash].[ext]", chunk: "part-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const built = await Promise.all(
    outputs.map(async (output) => {
      const name = basename(output.path);
      const plain = name.replace(/-\w+(?=\.\w+$)/, "");
      const bytes = name.endsWith(".css")
        ? new TextEncoder().encode(asWritten(await output.text()))
        : new Uint8Array(await output.arrayBuffer());
      return write(ENTRY_FILES.has(plain) ? plain : name, name, bytes);
    }),
  );
  // The icon is within the page: what is shown first takes one style and one script.
  const icon = Buffer.from(await Bun.file(join(import.meta.dir, "icon.svg")).bytes()).toString("base64");
  const page = await Bun.file(join(import.meta.dir, "index.html")).text();
  const html = page.replace("%icon%", `data:image/svg+xml;base64,${icon}`);
  await Bun.write(`${MANIFEST}.new`, JSON.stringify({ html, files: built }, null, 1));
  renameSync(`${MANIFEST}.new`, MANIFEST);
  removeOthers(built);
}

async function write(file: string, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<BuiltFile> {
  const path = join(TARGET, name);
  await Bun.write(path, bytes);
  await Bun.write(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  await Bun.write(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  return { file, name, type: TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream" };
}

/**
 * Style without the copies of rules that the bundler makes of `:is()` for browsers of 2020: in today's, which know both, a copy
 * weighs more than the rule itself, and wins over rules that are to win over that.
 */
function asWritten(style: string): string {
  return style.replaceAll(/[^{}]*:-(?:webkit|moz)-any\([^{}]*\{[^{}]*\}/g, "");
}

/** What the build before left behind. */
function removeOthers(built: BuiltFile[]): void {
  const kept = new Set(built.map(({ name }) => name));
  for (const name of readdirSync(TARGET)) {
    if (name !== "manifest.json" && !kept.has(name.replace(/\.(gz|br)$/, "")))
      rmSync(join(TARGET, name), { force: true });
  }
}
