/** A definition for each word of docs/language.md that refuses one, or warns of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BAD, definitionOf, ODD } from "./bad-definitions.fixture.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const DOCUMENT = await Bun.file(new URL("../docs/language.md", import.meta.url)).text();
/** The words of the table behind a marker. */
function wordsBehind(marker: string): string[] {
  const [, table = ""] = new RegExp(`<!-- ${marker} -->\\n([\\s\\S]*?)\\n\\n`).exec(DOCUMENT) ?? [];
  return table
    .split("\n")
    .slice(2)
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, word = ""]) => word));
}

test("every word that is documented has a definition here", () => {
  expect(wordsBehind("faults").toSorted()).toEqual(Object.keys(BAD).toSorted());
  expect(wordsBehind("warnings").toSorted()).toEqual(Object.keys(ODD).toSorted());
});

describe("is refused as", () => {
  for (const [word, bad] of Object.entries(BAD)) {
    test(word, async () => {
      const reply = await api.post("/api/v1/workflows/validate", definitionOf(bad));
      expectReply(reply, 422);
      const faults = listAt(reply.body, "detail").map((fault) => [textAt(fault, "type"), listAt(fault, "loc")[0]]);
      expect(faults).toEqual([[word, "body"]]);
    });
  }
});

describe("is warned of as", () => {
  for (const [word, odd] of Object.entries(ODD)) {
    test(word, async () => {
      const reply = await api.post("/api/v1/workflows/validate", definitionOf(odd));
      expectReply(reply, 200);
      expect(listAt(reply.body, "warnings").map((warning) => at(warning, "type"))).toEqual([word]);
    });
  }
});
