/** A folder with more files than a look takes in has folders for them, named for what they have in common. */
import { expect, test } from "bun:test";
import { basename, dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const MAX_FILES = 12;
/** Folders with more, and may only get fewer: one list of things of a kind, such as scenarios, has one file for each. */
const LARGER: Record<string, number> = {
  "bench/scenarios": 26,
  "src/language/definition": 13,
  "src/page/shared/drawing": 17,
  "src/page/views/editor": 19,
  "src/page/views/run/actions": 13,
  "tests/contracts/storage": 36,
  "tests/faults/load": 14,
  "workers/webhook/exchange": 14,
};

/** Folders with too many files of code, tests aside, and none within. */
function faultsOf(paths: readonly string[], larger: Readonly<Record<string, number>>): string[] {
  const folders = new Set(paths.map(dirname));
  const parents = new Set([...folders].map(dirname));
  const files = Map.groupBy(
    paths.filter((path) => !/\.(test|fixture)\.tsx?$/.test(basename(path))),
    dirname,
  );
  return [...files].flatMap(([folder, { length }]) => {
    const most = larger[folder] ?? MAX_FILES;
    const isFlat = !parents.has(folder);
    if (folder in larger && (length < most || !isFlat)) return [`${folder}: name it with ${length}, or not at all`];
    return isFlat && length > most ? [`${folder} has ${length} files and no folder`] : [];
  });
}

test("no folder has too many files", () => {
  const paths = [...new Bun.Glob("{src,workers,bench,tests,infrastructure}/**/*.{ts,tsx}").scanSync(ROOT)].sort();
  expect(paths.length).toBeGreaterThan(500);
  expect(faultsOf(paths, LARGER)).toEqual([]);
});

test("a flat folder is found, and one that has become smaller", () => {
  const flat = Array.from({ length: 13 }, (_, n) => `src/a/${n}.ts`);
  expect(faultsOf(flat, {})).toEqual(["src/a has 13 files and no folder"]);
  expect(faultsOf([...flat.slice(1), "src/a/one.test.ts"], {})).toEqual([]);
  expect(faultsOf([...flat, "src/a/b/c.ts"], {})).toEqual([]);
  expect(faultsOf(flat, { "src/a": 13 })).toEqual([]);
  expect(faultsOf(flat, { "src/a": 14 })).toEqual(["src/a: name it with 13, or not at all"]);
});
