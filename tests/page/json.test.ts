/** JSON as large as an output may be: few rows of it in the document, and each place copied as what a definition writes. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Key } from "../../src/page/shared/json/nodes.ts";
import { placeholderOf } from "../../src/page/shared/json/placeholder.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { expectReply } from "../harness/http/expect.ts";
import { objectAt, textAt } from "../harness/http/json.ts";
import { until as untilSo } from "../harness/stack.fixture.ts";

const ui = pageUnderTest({ browser: { permissions: ["clipboard-read", "clipboard-write"] } });

const MAX_ROWS = 120;
/** What the page may take at once is 50 ms; ten times that is no slow machine, but a page that does all of it by itself. */
const MOST_BUSY_MS = 500;
/** 50 kB, and what ends it. */
const LONG = `${"a line of a text\n".repeat(3_000)}the end`;
const copies = (value: string, count: number) => Array.from({ length: count }, () => value);

test("1 MiB of texts, numbers and depth is opened, folded, searched and copied", async () => {
  const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ in: inner }), "core");
  await tried(
    {
      name: "Large",
      input: { type: "object", required: ["text"], properties: { text: { type: "string", default: LONG } } },
      steps: [
        { name: "text", type: "transform", config: { value: copies("${payload.text}", 14).join("") } },
        { name: "numbers", type: "transform", config: { value: copies("${{ range(9000) }}", 3) } },
        { name: "deep", type: "transform", config: { value: deep } },
      ],
      output: { numbers: "${numbers.value}", text: "${text.value}", deep: "${deep.value}" },
    },
    async (page) => {
      const tree = page.getByRole("tree", { name: "output as a tree" });
      const row = (name: RegExp) => tree.getByRole("treeitem", { name });
      await row(/^text: "a line/).waitFor();
      expect(page.workers()).toHaveLength(1);
      // Two levels are open, lists of thousands are folded.
      await row(/^numbers: \[3\]/).waitFor();
      await row(/^0: \[9,000\]/).click();
      await page.keyboard.press("ArrowRight");
      await row(/^0 … 99/).waitFor();
      await expectFewRows(page);
      for (const key of ["End", "ArrowUp", "ArrowUp"]) await page.keyboard.press(key);
      await row(/^text: /)
        .and(page.locator("[aria-selected=true]"))
        .waitFor();
      await page.keyboard.press("Enter");
      await row(/^a line of a text$/)
        .first()
        .waitFor();
      await page.keyboard.press("End");
      await row(/^the end$/).waitFor();
      await expectFewRows(page);

      const find = page.getByRole("searchbox", { name: "Find in output" });
      await find.fill("core");
      await page.getByText("1 of 1", { exact: true }).waitFor();
      await row(/^in: "core"$/).waitFor();
      await expectFewRows(page);
      await page.getByRole("button", { name: "Copy its path" }).click();
      expect(await copied(page)).toBe(`deep${".in".repeat(50)}`);
      await find.fill("8765");
      await page.getByText("1 of 3", { exact: true }).waitFor();
      await find.press("Enter");
      await page.getByText("2 of 3", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Copy its path" }).click();
      expect(await copied(page)).toBe("numbers[1][8765]");
      await page.getByRole("button", { name: "raw text of output" }).click();
      const raw = page.getByRole("region", { name: "output as it is" });
      await raw.locator(".json-raw").first().waitFor();
      await expectFewRows(page);
      await page.getByText("1 of 3", { exact: true }).waitFor();
      await find.fill("core");
      await page.getByText("1 of 1", { exact: true }).waitFor();
      await raw.locator(".is-active").waitFor();
      await expectFewRows(page);
      await page.getByRole("button", { name: "Copy output as it is" }).click();
      expect(JSON.parse(String(await copied(page)))).toMatchObject({
        deep: { in: {} },
        numbers: [[0], [0], [0]].map(() => expect.any(Array)),
      });
      await expectAccessible(page);
      await page.getByRole("button", { name: "raw text of output" }).click();
      await row(/^in: "core"$/).waitFor();
      await find.fill("nowhere");
      await page.getByText("not there").waitFor();
      await page.keyboard.press("Tab");
      await expectAccessible(page);
    },
  );
});

test("raw is the text as the platform sent it, and so are its copy and its file; what the page wrote out says so", async () => {
  const text = '{ "z": 1.0, "a": 12345678901234567890,\t"list": [1e2] }\n';
  const run = await ui.api.trigger(await ui.api.create([{ name: "one", type: "transform", config: { value: 1 } }]));
  await ui.api.untilEnded(run);
  const look = async (page: Page) => {
    const answers = [{ status: 500, json: { detail: "It broke", code: "internal_error" } }];
    await page.route("**/steps/one/output", (asked) =>
      asked.fulfill(answers.shift() ?? { contentType: "application/json; charset=utf-8", body: text }),
    );
    const raw = page.getByRole("button", { name: "raw text of output of one" });
    await raw.click();
    await page.getByRole("alert").getByText("It broke").waitFor();
    await raw.click();
    await page.getByText("As the platform sent it").waitFor();
    const rows = page.getByRole("region", { name: "output of one as it is" }).locator(".json-raw");
    expect(await rows.allTextContents()).toEqual([text.trimEnd(), ""]);
    await page.getByRole("button", { name: "Copy output of one as it is" }).click();
    expect(await copied(page)).toBe(text);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "download" }).click(),
    ]);
    expect(await Bun.file(await file.path()).text()).toBe(text);
    await expectAccessible(page);
    await picture(page, "json-raw");
    await narrowPicture(page, "json-raw-narrow");
    await page.getByRole("link", { name: "Definition" }).click();
    await page.getByRole("button", { name: "raw text of definition of one" }).click();
    await page.getByText("Written out by the page").waitFor();
  };
  await ui.visit(`/ui/runs/${run}?step=one&tab=output`, look, /500/);
});

/** As large as a payload may be, by what it is made of, with room for what a trigger says beside it. */
const [MIB, ROOM] = [1024 * 1024, 200];
const filled = (value: object) => ({
  ...value,
  rest: "x".repeat(MIB - ROOM - JSON.stringify({ ...value, rest: "" }).length),
});
const KEYS = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [index.toString(36), index % 10]));
const LINES = Array.from({ length: 20_000 }, (_, index) => `line ${index} of a long text of a payload`).join("\n");
/** With the objects around it, and the list within it, as deep as the body of a trigger may be. */
const DEEP = Array.from({ length: 61 }).reduce<unknown>((inner) => ({ in: inner }), ["core"]);

for (const { kind, payload, first, opened, sought, row, value } of [
  {
    ...{ kind: "one text", payload: filled({ text: LINES }), first: /^text: "line 0/, opened: /^line 0 of/ },
    ...{ sought: "line 19876 of", row: /^text: /, value: LINES },
  },
  {
    ...{ kind: "100,000 keys", payload: filled({ keys: KEYS }), first: /^keys: \{100,000\}/, opened: /^0 … / },
    ...{ sought: "255r", row: /^255r: 9/, value: "9" },
  },
  {
    ...{ kind: "64 levels", payload: filled({ deep: DEEP }), first: /^deep: \{1\}/, opened: /^in: \{1\}/ },
    ...{ sought: "core", row: /^0: "core"/, value: "core" },
  },
]) {
  test(`1 MiB of ${kind} is opened, folded, searched and copied, and the page is never busy for long with it`, async () => {
    const workflow = await ui.api.create([{ name: "one", type: "transform", config: { value: 1 } }]);
    expect(JSON.stringify(payload).length).toBe(MIB - ROOM);
    const run = await ui.api.trigger(workflow, payload);
    await ui.api.untilEnded(run);
    await ui.visit(`/ui/runs/${run}?step=one&tab=input`, async (page) => {
      await watchTasks(page);
      await page.getByRole("button", { name: "Show the payload" }).click();
      const tree = page.getByRole("tree", { name: "payload as a tree" });
      const rowOf = (name: RegExp) => tree.getByRole("treeitem", { name }).first();
      await rowOf(first).click();
      expect(page.workers()).toHaveLength(1);
      const key = (await rowOf(first).getAttribute("aria-expanded")) === "true" ? "ArrowLeft" : "ArrowRight";
      const isOpen = async () => (await tree.getByRole("treeitem", { name: opened }).count()) > 0;
      const before = await isOpen();
      await page.keyboard.press(key);
      await untilSo("it is folded, or opened", async () => (await isOpen()) !== before);
      await expectFewRows(page);
      await page.getByRole("searchbox", { name: "Find in payload" }).fill(sought);
      await page.getByText("1 of 1", { exact: true }).waitFor();
      await tree.getByRole("treeitem", { name: row, selected: true }).waitFor();
      await expectFewRows(page);
      await page.getByRole("button", { name: "Copy the chosen value of payload" }).click();
      expect(await copied(page)).toBe(value);
      await page.getByRole("button", { name: "Copy it as a placeholder" }).click();
      await untilSo("it is copied so", async () => String(await clipboard(page)).startsWith("${payload."));
      expect(Number(await page.evaluate("window.longest"))).toBeLessThan(MOST_BUSY_MS);
    });
  });
}

test("a place is copied as the placeholder that yields it", async () => {
  const random = randomFrom(7);
  const value = { 'a "quoted" key': { "a.b": [{ plain: "found" }] }, more: nested(random, 5), rest: nested(random, 5) };
  const steps = [{ name: "give", type: "transform", config: { value } }];
  const report = await ui.api.post("/api/v1/workflows/test", { definition: { name: "w", steps } });
  const all = placesIn(objectAt(report.body, "step_results", "give", "output"), []);
  const places = [...all.slice(0, 6), ...Array.from({ length: 50 }, () => oneOf(random, all))];
  expect(new Set(all.map(([path]) => path.length)).size).toBeGreaterThan(4);
  const asked = Object.fromEntries(places.map(([path], index) => [`p${index}`, placeholderOf("give", path)]));
  // What a text of an author's own is, is written so that it stays one.
  const given = JSON.parse(JSON.stringify(steps).replaceAll("${no}", "$${no}"));
  const definition = { name: "w", steps: [...given, { name: "take", type: "transform", config: { value: asked } }] };
  const reply = await ui.api.post("/api/v1/workflows/test", { definition });
  expectReply(reply, 200);
  expect(textAt(reply.body, "status")).toBe("success");
  const taken = objectAt(reply.body, "step_results", "take", "output", "value");
  for (const [index, [, expected]] of places.entries()) expect(taken[`p${index}`]).toEqual(expected);
});

/** Runs a definition in the editor's virtual time, and looks at what it gave. */
async function tried(definition: object, look: (page: Page) => Promise<void>): Promise<void> {
  await ui.visit("/ui/workflows/new", async (page) => {
    await page.getByText("Nothing is wrong").waitFor();
    await page.locator(".workbench-text .cm-content").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(JSON.stringify(definition, null, 2));
    await page.getByRole("treeitem", { name: /^text/ }).waitFor();
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByRole("button", { name: "Run in virtual time" }).click();
    await look(page);
    await page.evaluate("localStorage.clear()");
  });
}

async function expectFewRows(page: Page): Promise<void> {
  expect(await page.locator(".json-row").count()).toBeLessThanOrEqual(MAX_ROWS);
}

const clipboard = (page: Page): Promise<unknown> => page.evaluate("navigator.clipboard.readText()");

async function copied(page: Page): Promise<unknown> {
  await page.getByRole("button", { name: "✓ copied" }).waitFor();
  return clipboard(page);
}

/** Notes how long the page was busy at most, from now on. */
async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      window.longest = Math.max(window.longest, ...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: "longtask" })`);
}

/** Numbers from 0 to 1, always the same ones. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

function oneOf<Item>(random: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("there is none");
  return item;
}

const HARD_KEYS = [
  "plain",
  "with space",
  'a "quote"',
  "a.b",
  "[0]",
  "${no}",
  "$",
  "}",
  "\\",
  "é\u0301",
  "0",
  "",
  "a\nb",
];
/** Lists and objects within one another, with keys that a path may have trouble with. */
function nested(random: () => number, depth: number): unknown {
  if (depth === 0) return oneOf<unknown>(random, [1, "text", true, null, ""]);
  if (random() < 0.4) return Array.from({ length: 3 }, () => nested(random, depth - 1));
  return Object.fromEntries(Array.from({ length: 3 }, () => [oneOf(random, HARD_KEYS), nested(random, depth - 1)]));
}

/** Every place of a value. */
function placesIn(value: unknown, path: Key[]): [Key[], unknown][] {
  const parts: [Key, unknown][] = Array.isArray(value) ? [...value.entries()] : [];
  if (typeof value === "object" && value !== null && !Array.isArray(value)) parts.push(...Object.entries(value));
  return [[path, value], ...parts.flatMap(([key, part]) => placesIn(part, [...path, key]))];
}

test("what a step was given is shown: as far as it is known of one that has not begun, and a large one when it is asked for", async () => {
  const given = (name: string, value: unknown) => ({ name, type: "transform", config: { value } });
  const sleeps = { name: "z", type: "delay", config: { duration: 3600 } };
  const steps = [given("large", "${payload.text}"), sleeps, given("last", ["${payload.n}", "${z.message}"])];
  const id = await ui.api.trigger(await ui.api.create(steps), { text: "x".repeat(70_000), n: 7 });
  await ui.api.untilBegun(id, "z");
  await ui.visit(`/ui/runs/${id}?step=last&tab=input`, async (page) => {
    await page.getByRole("heading", { name: "Config, as far as it is known yet" }).waitFor();
    const config = page.getByRole("tree", { name: "config of last as it was given as a tree" });
    for (const row of ["0: 7", '1: "${z.message}"']) await config.getByRole("treeitem", { name: row }).waitFor();
    await page.getByText('value.1 The step "z" has not ended').waitFor();
    await page.goto(`${ui.url}/ui/runs/${id}?step=large&tab=input`);
    await page.getByRole("button", { name: "Show the config" }).click();
    await page.getByRole("tree", { name: "config of large as it was given as a tree" }).waitFor();
  });
});
