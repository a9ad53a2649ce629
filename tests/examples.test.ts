/** The definitions of examples/: each runs as its NAME.test.json says. */
import { expect, test } from "bun:test";
import { testWorkflow } from "../src/testing.ts";

const FOLDER = new URL("../examples/", import.meta.url).pathname;
const names = [...new Bun.Glob("*.json").scanSync(FOLDER)]
  .filter((file) => !file.endsWith(".test.json"))
  .map((file) => file.replace(/\.json$/, ""))
  .sort();

test("there are some, and README.md names each", async () => {
  const text = await Bun.file(`${FOLDER}README.md`).text();
  expect(names.length).toBeGreaterThan(3);
  expect([...text.matchAll(/\]\(([\w-]+)\.json\)/g)].map(([, name]) => name).toSorted()).toEqual(names);
});

for (const name of names) {
  test(name, async () => {
    const { expected, ...given } = await Bun.file(`${FOLDER}${name}.test.json`).json();
    expect(await testWorkflow(await Bun.file(`${FOLDER}${name}.json`).json(), given)).toMatchObject(expected);
  });
}
