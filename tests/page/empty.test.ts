/** Every view where there is nothing to show: it says so, in words for that, and anybody can use it. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { expectReply } from "../harness/http/expect.ts";
import { REPOSITORY } from "../harness/platform.ts";

/** What each view says before anything was made, by its path and what comes behind it in the address. */
const NOTHING: Record<string, [rest: string, said: string | RegExp][]> = {
  "/": [["", "Make the example"]],
  "/runs": [
    ["", "Nothing has run yet"],
    ["?status=failed", "No run fits"],
  ],
  "/runs/:id": [["", "Run not found"]],
  "/runs/:id/compare": [["", "Run not found"]],
  "/runs/:id/compare/:other": [["", "Run not found"]],
  "/workflows": [["", "No workflows yet"]],
  "/workflows/new": [["", "Nothing is wrong"]],
  "/workflows/:ref": [["", "No workflow has the id “nobody”"]],
  "/workflows/:ref/edit": [["", "No workflow has the id “nobody”"]],
  "/workflows/:ref/diff": [["", "No workflow has the id “nobody”"]],
  "/waiting": [["", "Nothing waits"]],
  "/schedules": [["", "No schedules yet"]],
  "/examples": [["", "hello"]],
  "/system": [["", "The process that answers"]],
};
/** What a workflow says that never ran, by what comes behind its address. */
const NEVER_RAN: [rest: string, said: string | RegExp][] = [
  ["", "Run…"],
  ["?tab=definition", "a"],
  ["?tab=versions", "v1"],
  ["?tab=runs", "No runs yet"],
  ["?tab=triggers", "curl"],
];

const ui = pageUnderTest();

test("each view is one of these", () => {
  const source = readFileSync(join(REPOSITORY, "src/page/views.ts"), "utf8");
  const paths = [...source.matchAll(/\bpath: "([^"]+)"/g)].map(([, path = ""]) => path);
  expect(paths.toSorted()).toEqual(Object.keys(NOTHING).toSorted());
});

describe("where nothing was ever made", () => {
  for (const [path, states] of Object.entries(NOTHING))
    for (const [rest, said] of states)
      test(path + rest, () =>
        look(
          path.replaceAll(/:(id|other)\b/g, "01a2283a-e177-7000-8f72-3914e640ff29").replace(":ref", "nobody") + rest,
          said,
        ),
      );
});

describe("a workflow that never ran", () => {
  beforeAll(async () => {
    const steps = [{ name: "a", type: "transform", config: { value: 1 } }];
    expectReply(await ui.api.put("/api/v1/workflows/fresh?create=true", { id: "fresh", name: "Fresh", steps }), 200);
  });
  for (const [rest, said] of NEVER_RAN) test(`has its tab${rest}`, () => look(`/workflows/fresh${rest}`, said));
});

/** Shows a view, which says this, to whoever looks and to axe. */
async function look(path: string, said: string | RegExp): Promise<void> {
  await ui.visit(
    `/ui${path === "/" ? "" : path}`,
    async (page) => {
      await page.getByText(said).first().waitFor();
      await page
        .getByRole("status", { name: /^(Loading|Reading)/ })
        .first()
        .waitFor({ state: "detached" });
      await expectAccessible(page);
      await expectNarrow(page);
      const name = `empty${path.replaceAll(/\W+/g, "-")}`;
      await picture(page, name);
      await narrowPicture(page, `${name}-narrow`);
    },
    /404/,
  );
}
