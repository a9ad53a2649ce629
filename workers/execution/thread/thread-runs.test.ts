/** Which of two runs that a thread made for one claim it goes on with. */
import { expect, test } from "bun:test";
import { loadStepTypes } from "../../../src/connectors/index.ts";
import { compile } from "../../../src/engine/plan/compile.ts";
import type { Surroundings } from "./surroundings.ts";
import { ThreadRuns } from "./thread-runs.ts";

const world: Surroundings = { now: () => 1, stepwise: false, beat: () => {}, attempt: () => {} };
const hook = { method: "POST", url: "http://127.0.0.1:1/", body: {} };
const UNDOES = { step: { type: "webhook", config: hook } };
const handed = { uuid: "run", token: 1, definition: "d", depth: 0 };

for (const order of ["before", "after"]) {
  test(`a cancelled run is undone where its webhook tells of its end ${order} it is handed over again`, async () => {
    const steps = [
      { name: "a", type: "transform", config: { value: 1 }, compensate: UNDOES },
      { name: "b", type: "webhook", config: hook },
    ];
    const plan = compile({ steps }, await loadStepTypes());
    const runs = new ThreadRuns();
    const state = (log: string) => ({ payload: "{}", log, facts: null });
    const first = runs.take({ ...handed, state: state("[]") }, plan);
    if (first === undefined) throw new Error("not taken");
    const { entries } = runs.advance(first, world);
    // Its webhook is never answered, and given up with the run.
    const started = first.start("1", world, (cancellation) => ({
      idempotencyKey: "",
      depth: 0,
      traceparent: null,
      signal: new AbortController().signal,
      fetch: () => new Promise((_, reject) => cancellation.onCancel(() => reject(new Error("given up")))),
    }));
    runs.keep(first);
    runs.drop("run", 1);
    const tell = async () => {
      await started;
      runs.advance(first, world);
    };
    const cancel = { compensates: true };
    if (order === "before") await tell();
    const second = runs.take({ ...handed, cancel, state: state(entries) }, plan);
    if (second === undefined) throw new Error("not taken again");
    expect(runs.advance(second, world).next).toMatchObject({ kind: "wait", ready: [{ path: "0/u" }] });
    if (order === "after") await tell();
    expect(runs.take({ ...handed, cancel, state: null }, plan)?.canStart("0/u")).toBe(true);
  });
}
