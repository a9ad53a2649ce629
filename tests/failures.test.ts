/** The document of all failures says what the code says. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { STEP_FAILURES } from "../src/step-failures.ts";

const DOCUMENT = join(import.meta.dir, "../docs/failures.md");

test("docs/failures.md lists every failure with its code, its sentence and when it comes", async () => {
  const rows = (await Bun.file(DOCUMENT).text()).split("\n").filter((line) => line.startsWith("| `"));
  const expected = Object.values(STEP_FAILURES).map(
    ({ code, sentence, when }) => `| \`${code}\` | ${sentence.replaceAll("|", "\\|")} | ${when} |`,
  );
  expect(rows).toEqual(expected);
});
