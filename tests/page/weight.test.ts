/** What the page weighs on the wire: the first look is small, and what is heavy comes when it is needed. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildPage } from "../harness/browser/browser.ts";
import { at, listAt, textAt } from "../harness/http/json.ts";
import { REPOSITORY } from "../harness/platform.ts";

const FOLDER = join(REPOSITORY, "dist/page");
const FIRST_LOAD = 60_000;
const LATER = 150_000;

test("the first load, and everything else together, is within its budget", async () => {
  buildPage();
  const manifest: unknown = await Bun.file(join(FOLDER, "manifest.json")).json();
  const files = listAt(manifest, "files").map((one) => ({ file: textAt(one, "file"), name: textAt(one, "name") }));
  const html = String(at(manifest, "html"));
  const bytesOf = (name: string) => statSync(join(FOLDER, `${name}.gz`)).size;
  const first = new Set(files.filter(({ file }) => html.includes(`%${file}"`)).map(({ name }) => name));
  // Parts that the first script names are loaded with it; those that it imports when they are needed are not.
  for (const name of first) for (const part of staticParts(name)) first.add(part);
  const table = files.map(({ file, name }) => ({ file, gzip: bytesOf(name), first: first.has(name) }));
  console.table(table);
  const sum = (wanted: boolean) => table.filter((one) => one.first === wanted).reduce((all, { gzip }) => all + gzip, 0);
  console.log(`first load ${sum(true)} of ${FIRST_LOAD} bytes, later ${sum(false)} of ${LATER}`);
  expect([...first].filter((name) => /\.(js|css)$/.test(name)).length).toBeGreaterThanOrEqual(3);
  expect(sum(true)).toBeLessThanOrEqual(FIRST_LOAD);
  expect(sum(false)).toBeLessThanOrEqual(LATER);
});

test("every file lies beside its packed forms, and nothing of a build before is left", () => {
  const names = readdirSync(FOLDER).filter((name) => name !== "manifest.json");
  const plain = names.filter((name) => !/\.(gz|br)$/.test(name));
  expect(names.toSorted()).toEqual(plain.flatMap((name) => [name, `${name}.br`, `${name}.gz`]).toSorted());
});

function staticParts(name: string): string[] {
  if (!name.endsWith(".js")) return [];
  const text = readFileSync(join(FOLDER, name), "utf8");
  return [...text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)].map(([, part = ""]) => part);
}
