/** Lists are read page by page while new items arrive: nothing is skipped, nothing repeated. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { timeOfId } from "../src/ids.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const STEPS = [{ name: "answer", type: "transform", config: { value: 1 } }];
/** How long `order=asc` holds items back, and how old a list may be. */
const SETTLED_MS = 2_200;
/** An item that is younger is surely held back. */
const UNSETTLED_MS = 2_000;

let platform: PlatformUnderTest;
let api: Client;
let workflow: string;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  workflow = await api.create(STEPS);
});
afterAll(() => platform.close());

interface Page {
  items: unknown[];
  uuids: string[];
  next: string | null;
}

async function page(path: string): Promise<Page> {
  const reply = await api.get(path);
  expectReply(reply, 200);
  const items = listAt(reply.body, "items");
  const next = at(reply.body, "next_cursor");
  if (next !== null && typeof next !== "string") throw new Error(`next_cursor is ${Bun.inspect(next)}: ${reply.sent}`);
  return { items, uuids: items.map((item) => textAt(item, "uuid")), next };
}

/** Reads on from the first page until `enough` says so or a page has no next_cursor. */
async function pages(path: string, enough: (uuids: string[]) => boolean, between = async () => {}): Promise<string[]> {
  const uuids: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const read: Page = await page(cursor === "" ? path : `${path}&cursor=${encodeURIComponent(cursor)}`);
    uuids.push(...read.uuids);
    if (enough(uuids)) break;
    cursor = read.next;
    await between();
  }
  return uuids;
}

const lists = [
  { list: "runs", path: "/api/v1/runs", add: () => api.trigger(workflow) },
  { list: "workflows", path: "/api/v1/workflows", add: () => api.create(STEPS) },
];

for (const { list, path, add } of lists) {
  describe(list, () => {
    const added: string[] = [];
    beforeAll(async () => {
      for (let n = 0; n < 23; n++) {
        added.push(await add());
        await Bun.sleep(3);
      }
    });
    const holdsAll = (uuids: string[]) => added.every((uuid) => uuids.includes(uuid));

    test("newest first, each once, while new ones arrive", async () => {
      const arriving: string[] = [];
      const read = await pages(`${path}?limit=5`, holdsAll, async () => {
        arriving.push(await add(), await add());
      });
      expect(read).toEqual([...new Set(read)]);
      expect(read).toEqual(read.toSorted().toReversed());
      expect(read.filter((uuid) => added.includes(uuid))).toEqual(added.toReversed());
      // Whatever arrived after the first page is newer than all of it.
      expect(read.filter((uuid) => arriving.includes(uuid))).toEqual([]);
    });

    test("oldest first, without the last 2 s, each once, while new ones arrive", async () => {
      await Bun.sleep(SETTLED_MS);
      const arriving: string[] = [await add()];
      /** When each was told; on a slow machine what has just arrived is old enough by then. */
      const told = new Map<string, number>();
      const read = await pages(
        `${path}?order=asc&limit=7`,
        (uuids) => {
          for (const uuid of uuids) if (!told.has(uuid)) told.set(uuid, Date.now());
          return false;
        },
        async () => {
          arriving.push(await add());
        },
      );
      expect(read).toEqual([...new Set(read)]);
      expect(read).toEqual(read.toSorted());
      expect(read.filter((uuid) => added.includes(uuid))).toEqual(added);
      const ages = arriving.flatMap((uuid) => (told.has(uuid) ? [(told.get(uuid) ?? 0) - (timeOfId(uuid) ?? 0)] : []));
      expect(ages.filter((age) => age < UNSETTLED_MS)).toEqual([]);
      await Bun.sleep(SETTLED_MS);
      const settled = await pages(`${path}?order=asc&limit=200`, () => false);
      expect(settled.filter((uuid) => arriving.includes(uuid))).toEqual(arriving);
    });

    const limits = [
      { query: "", limit: 50 },
      { query: "?limit=1", limit: 1 },
      { query: "?limit=200", limit: 200 },
      // The contract's own row has an empty cursor: it is the first page.
      { query: "?limit=50&cursor=", limit: 50 },
    ];
    for (const { query, limit } of limits) {
      test(`"${query}" gives pages of ${limit}`, async () => {
        const reply = await api.get(path + query);
        expectReply(reply, 200);
        expect(at(reply.body, "limit")).toBe(limit);
        expect(listAt(reply.body, "items").length).toBeLessThanOrEqual(limit);
        expect(textAt(reply.body, "items", 0, "uuid") >= (added.at(-1) ?? "none")).toBe(true);
      });
    }

    test("an item is shown in the list as it is on its own", async () => {
      const uuid = await add();
      if (list === "runs") await api.untilEnded(uuid);
      await Bun.sleep(platform.own === null ? SETTLED_MS : 0);
      const alone = await api.get(`${path}/${uuid}`);
      const { items } = await page(`${path}?limit=10`);
      expect<unknown>(items.find((item) => at(item, "uuid") === uuid)).toEqual(alone.body);
    });
  });
}
