/** What steps left behind within which something failed: a run that tries theirs again has it, as the one that executed them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let sink: Sink;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  sink = new Sink();
});
afterAll(async () => {
  await sink.close();
  await platform.close();
});

const post = (path: string, body: unknown = {}) => ({
  type: "webhook",
  config: { method: "POST", url: sink.url(path), body },
});
/** Is undone by a webhook, which says the value of the variable then. */
const pay = (name: string): StepInput => ({
  ...{ name, type: "transform", config: { value: 1 } },
  compensate: { step: post(`/undo-${name}`, "${vars.seen}") },
});
const sets = (seen: string): StepInput => ({ name: `set_${seen}`, type: "set", config: { variables: { seen } } });
const fails: StepInput = { name: "x", type: "fail", config: { message: "no" } };
const holds = (type: string, config: object, more: Partial<StepInput> = {}): StepInput => ({
  ...{ name: "b", type, config },
  ...more,
});

const CASES: Record<string, () => StepInput> = {
  "a step with a handler": () => ({ ...fails, catch: [{ steps: [sets("handled"), pay("alt")] }] }),
  "a block with a handler": () =>
    holds("block", { steps: [pay("a"), sets("inside"), fails] }, { catch: [{ steps: [pay("alt")] }] }),
  "a block whose failure is passed over": () =>
    holds("block", { steps: [pay("a"), sets("inside"), fails] }, { on_error: "continue" }),
  "a block that was tried again": () =>
    holds(
      "block",
      { steps: [pay("a"), sets("tried"), fails] },
      { retry: { on: ["*"], max_attempts: 2, initial_interval: 0 }, on_error: "continue" },
    ),
  "a parallel of which all end": () =>
    holds("parallel", {
      join: "all_settled",
      branches: [
        { name: "p", steps: [pay("a"), fails] },
        { name: "q", steps: [pay("c")] },
      ],
    }),
  "a map that allows for failures": () =>
    holds("map", { items: [1, 2], max_failures: 2, steps: [pay("a"), { ...fails, if: "item == 2" }] }),
};

/** What was undone, in order, and with which value, by a run that is cancelled once it sleeps. */
async function undoneBy(run: string): Promise<unknown[]> {
  await api.untilBegun(run, "d");
  const before = undone().length;
  await api.post(`/api/v1/runs/${run}/cancel`, {});
  await api.untilIs(run, "cancelled");
  return undone().slice(before);
}

function undone(): unknown[] {
  return sink.received.filter(({ path }) => path.startsWith("/undo-")).map(({ path, text }) => [path, text]);
}

for (const [what, make] of Object.entries(CASES)) {
  test(`a retry undoes what ${what} left, and has its variables`, async () => {
    const step = make();
    const steps = [step, { name: "d", type: "delay", config: { duration: 60 } }];
    const workflow = await api.create(steps, { vars: { seen: "nothing" } });
    const expected = await undoneBy(await api.trigger(workflow));
    expect(expected).not.toEqual([]);
    const first = await api.trigger(workflow);
    await api.untilBegun(first, "d");
    await api.post(`/api/v1/runs/${first}/cancel`, { compensate: false });
    await api.untilIs(first, "cancelled");
    let run = first;
    // What was kept is kept once more.
    for (let times = 0; times < 2; times++) {
      const reply = await api.post(`/api/v1/runs/${run}/retry`, {});
      expectReply(reply, 200);
      expect(at(reply.body, "will_run")).toEqual(["d"]);
      run = textAt(reply.body, "run_id");
      if (times === 1) break;
      await api.untilBegun(run, "d");
      await api.post(`/api/v1/runs/${run}/cancel`, { compensate: false });
      await api.untilIs(run, "cancelled");
    }
    expect(await undoneBy(run)).toEqual(expected);
    expect(at((await api.get(`/api/v1/runs/${run}`)).body, "step_results", step.name)).toEqual(
      at((await api.get(`/api/v1/runs/${first}`)).body, "step_results", step.name),
    );
  });
}
