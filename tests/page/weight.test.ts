/** What the page weighs on the wire: the first look is small, and what is heavy comes when it is needed. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildPage } from "../harness/browser/browser.ts";
import { at, listAt, textAt } from "../harness/http/json.ts";
import { REPOSITORY } from "../harness/platform.ts";

const FOLDER = join(REPOSITORY, "dist/page");
const FIRST_LOAD = 60_000;
/** The editor of JSON, whole: it comes with the first text that is edited. */
const EDITOR = 150_000;
/** All views that are loaded when they are shown. */
const VIEWS = 80_000;
type Part = "first" | "editor" | "view";

test("the first load, the editor and the views that are loaded later are within their budgets", async () => {
  buildPage();
  const manifest: unknown = await Bun.file(join(FOLDER, "manifest.json")).json();
  const files = listAt(manifest, "files").map((one) => ({ file: textAt(one, "file"), name: textAt(one, "name") }));
  const html = String(at(manifest, "html"));
  const bytesOf = (name: string) => statSync(join(FOLDER, `${name}.gz`)).size;
  const first = new Set(files.filter(({ file }) => html.includes(`%assets%${file}"`)).map(({ name }) => name));
  // Parts that the first script names are loaded with it; those that it imports when they are needed are not.
  for (const name of first) for (const part of staticParts(name)) first.add(part);
  const table = files.map(({ file, name }) => ({
    file,
    gzip: bytesOf(name),
    part: first.has(name) ? "first" : laterPart(name),
  }));
  console.table(table);
  const sum = (wanted: Part) => table.filter(({ part }) => part === wanted).reduce((all, { gzip }) => all + gzip, 0);
  console.log(
    `first load ${sum("first")} of ${FIRST_LOAD} bytes, editor ${sum("editor")} of ${EDITOR}, views ${sum("view")} of ${VIEWS}`,
  );
  // One style and one script, which no other part is loaded with.
  expect([...first].map((name) => name.split(".").at(-1)).toSorted()).toEqual(["css", "js"]);
  expect(sum("first")).toBeLessThanOrEqual(FIRST_LOAD);
  expect(sum("editor")).toBeLessThanOrEqual(EDITOR);
  expect(sum("view")).toBeLessThanOrEqual(VIEWS);
  // What tells the editor apart is still there.
  expect(sum("editor")).toBeGreaterThan(FIRST_LOAD);
});

test("every file lies beside its packed forms, and nothing of a build before is left", () => {
  const names = readdirSync(FOLDER).filter((name) => name !== "manifest.json");
  const plain = names.filter((name) => !/\.(gz|br)$/.test(name));
  expect(names.toSorted()).toEqual(plain.flatMap((name) => [name, `${name}.br`, `${name}.gz`]).toSorted());
});

test("the selectors of the style are those that were written", () => {
  const [name = ""] = readdirSync(FOLDER).filter((one) => one.endsWith(".css"));
  const style = readFileSync(join(FOLDER, name), "utf8");
  expect(style).toContain(":is(");
  expect(style).not.toMatch(/:-(webkit|moz)-any/);
});

/** The classes of its elements tell the parts of the editor. */
function laterPart(name: string): Part {
  return /\bcm-(content|tooltip|mergeView)\b/.test(readFileSync(join(FOLDER, name), "utf8")) ? "editor" : "view";
}

function staticParts(name: string): string[] {
  if (!name.endsWith(".js")) return [];
  const text = readFileSync(join(FOLDER, name), "utf8");
  return [...text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)].map(([, part = ""]) => part);
}
