/** The attempts of steps that were tried again: all of them, or one by itself. */
import { expect, test } from "bun:test";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { until } from "../harness/browser/until.ts";
import { textAt } from "../harness/http/json.ts";

const ui = pageUnderTest();

const leaf = (name: string) => ({ name, type: "transform", config: { value: 1 } });
const retry = { max_attempts: 3, initial_interval: 0.01 };
test("each attempt has a bar, and one of them is shown alone: by the choice above, by keys, and in the step that is open", async () => {
  const run = await runOf([503, 503, 200]);
  await ui.visit(`/ui/runs/${run}`, async (page) => {
    const choice = page.getByRole("combobox", { name: "attempt" });
    const bars = (step: string) => page.locator(`[data-step="${step}"] .bar`);
    await page.getByRole("row", { name: /^hook webhook success .* 3 –$/ }).waitFor();
    await until(page, `document.querySelectorAll('[data-step="hook"] .bar').length === 5`);
    expect(await choice.getByRole("option").allInnerTexts()).toEqual(["all", "1", "2", "3", "last"]);
    await choice.selectOption("2");
    await page.waitForURL(`${ui.url}/ui/runs/${run}?attempt=2`);
    await page.getByRole("row", { name: /^a transform – – – – –$/ }).waitFor();
    await page
      .getByRole("row", { name: /^hook webhook failed .* 2 of 3 The webhook was answered with status 503/ })
      .waitFor();
    expect([await bars("a").count(), await bars("hook").count()]).toEqual([0, 1]);
    expect(await bars("hook").getAttribute("title")).toStartWith("attempt 2: failed");
    await picture(page, "run-attempt");
    await narrowPicture(page, "run-attempt-narrow");
    await choice.selectOption("last");
    await page.getByRole("row", { name: /^a transform success .* 1 of 1 –$/ }).waitFor();
    await page.getByRole("row", { name: /^hook webhook success .* 3 of 3 –$/ }).waitFor();
    await page.getByRole("link", { name: "Table" }).click();
    await page.getByRole("cell", { name: "3 of 3" }).waitFor();
    await page.getByRole("link", { name: "hook", exact: true }).click();
    await page.getByRole("link", { name: "Attempts", exact: true }).last().click();
    await page.locator("li.is-selected").getByText("Attempt 3").waitFor();
    await expectAccessible(page);

    await page.goto(`${ui.url}/ui/runs/${run}`);
    await page.getByRole("link", { name: "a", exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    await until(page, "document.activeElement.textContent === 'hook'");
    for (const attempt of [1, 2, 3, 2]) {
      await page.keyboard.press(page.url().endsWith("attempt=3") ? "ArrowLeft" : "ArrowRight");
      await page.waitForURL(`${ui.url}/ui/runs/${run}?step=hook&tab=attempts&attempt=${attempt}`);
    }
    expect([await bars("hook").count(), await choice.inputValue()]).toEqual([1, "2"]);
    expect(await page.getByTitle("Status of the reply").allTextContents()).toEqual(["503", "503", "200"]);
    await expectAccessible(page);
    await page.goBack();
    await page.waitForURL(`${ui.url}/ui/runs/${run}`);
  });
  const once = await ui.api.trigger(await ui.api.create([leaf("a")]));
  await ui.api.untilEnded(once);
  await ui.visit(`/ui/runs/${once}?attempt=2`, async (page) => {
    await page.getByRole("row", { name: /^a transform success .* 1 –$/ }).waitFor();
    expect(await page.getByTitle("Every step had one attempt").getByRole("combobox").isDisabled()).toBe(true);
  });
});

test("an earlier attempt is told of as it ended: in its row, in the step that is open, and in none of its tabs as the end", async () => {
  const run = await runOf([503, 429, 200]);
  await ui.visit(`/ui/runs/${run}?attempt=2&step=hook`, async (page) => {
    const panel = page.getByRole("complementary", { name: "Step hook" });
    const marks = (step: string) => page.locator(`[data-step="${step}"] .timeline-name svg.mark`);
    await panel.getByText("attempt 2 of 3").waitFor();
    await until(page, `document.querySelector('[data-step="hook"] .timeline-name .mark-failed') !== null`);
    expect(await marks("a").count()).toBe(0);
    expect(await panel.locator(".panel-facts .status").textContent()).toBe("failed");
    expect(await panel.locator(".sent-reply").textContent()).toStartWith("→ 429");
    // What it ended with is what is looked at first, as of a step that failed.
    await panel.getByText("The webhook was answered with status 429").waitFor();
    const told = await panel.locator(".panel-facts time").getAttribute("datetime");
    const { body } = await ui.api.get(`/api/v1/runs/${run}/steps/hook`);
    expect(told).toBe(textAt(body, "failed_attempts", 1, "started_at"));
    await picture(page, "run-attempt-step");
    await narrowPicture(page, "run-attempt-step-narrow");
    await panel.getByRole("link", { name: "Output" }).click();
    await panel.getByText("What this attempt gave is not kept").waitFor();
    await expectAccessible(page);
    await page.getByRole("combobox", { name: "attempt" }).selectOption("last");
    await panel.getByText("attempt 3 of 3").waitFor();
    await panel.getByRole("tree").getByText("status_code").waitFor();
    expect(await panel.locator(".sent-reply").textContent()).toStartWith("→ 200");
    expect(await marks("hook").getAttribute("class")).toBe("mark mark-success");
  });
});

test("of more steps than are in view the attempts are read when these are looked at, each of them once", async () => {
  const MANY = 60;
  const names = Array.from({ length: MANY }, (_, index) => `hook${index}`);
  const run = await runOf([503, 200], names);
  await ui.visit("/ui/nothing", async (page) => {
    const asked: string[] = [];
    page.on("request", (request) => {
      const [, step] = /\/steps\/(\w+)\?/.exec(request.url()) ?? [];
      if (step !== undefined) asked.push(step);
    });
    const bars = (step: string) => page.locator(`[data-step="${step}"] .bar`);
    const row = (step: string, attempt: string) =>
      page.getByRole("row", { name: new RegExp(`^${step} webhook ${attempt}`) });
    await page.goto(`${ui.url}/ui/runs/${run}`);
    await until(page, `document.querySelectorAll('[data-step="hook12"] .bar').length === 3`);
    expect(asked).not.toContain(names.at(-1));
    const scroller = page.locator(".timeline-scroller");
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await until(page, `document.querySelectorAll('[data-step="hook${MANY - 1}"] .bar').length === 3`);
    await page.getByRole("combobox", { name: "attempt" }).selectOption("1");
    await row(`hook${MANY - 1}`, "failed .* 1 of 2 The webhook was answered with status 503").waitFor();
    expect(await bars(`hook${MANY - 1}`).count()).toBe(1);
    expect(asked.toSorted()).toEqual([...new Set(asked)].toSorted());
    // In the table, too, which reads them where one is chosen.
    asked.length = 0;
    await page.goto(`${ui.url}/ui/runs/${run}?view=table`);
    await page.getByRole("row", { name: /^hook0 webhook success/ }).waitFor();
    expect(asked).toEqual([]);
    await page.getByRole("combobox", { name: "attempt" }).selectOption("1");
    await row("hook13", "failed .* 1 of 2").waitFor();
    expect(asked).not.toContain(names.at(-1));
  });
});

test("an attempt that can't be read says so, and is read again with the others once it can", async () => {
  const run = await runOf([503, 200]);
  await ui.visit(
    "/ui/nothing",
    async (page) => {
      const answer = {
        status: 503,
        headers: { "retry-after": "1" },
        json: { detail: "The database is out", code: "storage_unavailable" },
      };
      await page.route(/steps\/hook/, (asked) => asked.fulfill(answer));
      await page.goto(`${ui.url}/ui/runs/${run}?attempt=1`);
      await page.locator('[data-step="hook"] .bar-text').getByText("not read").waitFor();
      await page.unroute(/steps\/hook/);
      await page.getByRole("row", { name: /^hook webhook failed .* 1 of 2/ }).waitFor();
    },
    /503/,
  );
});

/** A run that is over, of webhooks that are each answered with these, behind a step that is not tried again. */
async function runOf(replies: readonly number[], names: readonly string[] = ["hook"]): Promise<string> {
  const counts = new Map<string, number>();
  await using shop = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      const { pathname } = new URL(url);
      const count = counts.get(pathname) ?? 0;
      counts.set(pathname, count + 1);
      return Response.json({}, { status: replies[count] ?? 500 });
    },
  });
  const hooks = names.map((name) => {
    const config = { method: "POST", url: `http://127.0.0.1:${shop.port}/${name}`, body: {} };
    return { name, type: "webhook", retry, config };
  });
  const run = await ui.api.trigger(await ui.api.create([leaf("a"), ...hooks]));
  await ui.api.untilEnded(run, 60_000);
  return run;
}
