/** Progress: appended, repeated without harm, and ended once. */
import { expect } from "bun:test";
import type { Progress, RunRecord } from "../../../src/storage/port.ts";
import { type Check, entriesText, granted, MINUTE, only, pathsOf, present, progress, type World } from "./kit.ts";

// In jsonb's order. The keys that name a prototype may be a webhook's: they are kept like any other.
const OUTPUT = '{"n":[1],"__proto__":{"x":null},"prototype":2,"constructor":"F"}';
const RESULTS = `{"b":{"status":"success"},"2":{"status":"success"},"größe":{"output":${OUTPUT}}}`;
const RESULT_NAMES = ["b", "2", "größe"];

function ended(fields: { status?: "success" | "failed" | "cancelled"; error?: string } = {}): Progress["next"] {
  return { kind: "end", status: fields.status ?? "success", error: fields.error ?? null, stepResults: RESULTS };
}

/** The ways in which a save may leave a run, with the number of log entries it leaves. */
const WAYS: { name: string; next: (world: World) => Progress["next"]; entries: string | null; paths: string[] }[] = [
  { name: "a hold", next: () => ({ kind: "hold" }), entries: entriesText("0", "1"), paths: ["0", "1"] },
  {
    name: "a give-back",
    next: (world) => ({ kind: "due", dueAt: world.now() + MINUTE }),
    entries: entriesText("0", "1"),
    paths: ["0", "1"],
  },
  { name: "an end", next: () => ended({ status: "failed", error: "why" }), entries: null, paths: [] },
];

export function progressContract(check: Check): void {
  check("a hold appends and keeps the run held", async (world) => {
    const run = await world.held();
    granted(await world.save(progress(run, { entries: entriesText("0"), crashes: 2 })));
    const found = await world.find(run.uuid);
    expect(pathsOf(found)).toEqual(["0"]);
    expect(found).toMatchObject({ status: "running", completedAt: null, error: null, stepResults: null });
    expect(await world.claimDue()).toEqual([]);
    granted(await world.renew(run, MINUTE));
  });

  check("a give-back frees the run for the time it names, with its crashes and its log", async (world) => {
    const run = await world.held();
    const next: Progress["next"] = { kind: "due", dueAt: world.now() - 1 };
    granted(await world.save(progress(run, { entries: entriesText("0"), crashes: 3, next })));
    const again = only(await world.claimDue());
    expect(again).toMatchObject({ uuid: run.uuid, token: 2, crashes: 3, logLength: 1 });
    granted(await world.save(progress(again, { crashes: 0, next })));
    expect(only(await world.claimDue())).toMatchObject({ token: 3, crashes: 0, logLength: 1 });
  });

  for (const status of ["success", "failed", "cancelled"] as const) {
    check(`an end as ${status} is kept with its time, error and results`, async (world) => {
      const error = status === "success" ? "" : "Step \"größe\" failed: 'no'";
      // The results come in the order of the definition, whatever the storage does to the keys of an object.
      const steps = JSON.stringify(RESULT_NAMES.map((name) => ({ name, type: "transform", config: {} })));
      const item = world.newRun(await world.workflow({ steps }), { payload: OUTPUT });
      granted(only(await world.storage.insertRuns([item])));
      const run = only(await world.claimByMessage([item.uuid]));
      granted(await world.save(progress(run, { entries: entriesText("0") })));
      const before = world.now();
      const next = status === "success" ? ended({ status }) : ended({ status, error });
      granted(await world.save(progress({ ...run, logLength: 1 }, { next })));
      const found = await world.find(run.uuid);
      expect(found).toMatchObject({
        status,
        error: status === "success" ? null : error,
        log: "[]",
      });
      expect(JSON.stringify(JSON.parse(found.payload))).toBe(OUTPUT);
      // The text itself: an object would put "2" before "b".
      expect(found.stepResults).toBe(RESULTS);
      expect(present(found.completedAt)).toBeWithin(before, world.now() + 1);
      expect(present(found.startedAt)).toBeLessThanOrEqual(present(found.completedAt));
    });
  }

  check("results of nested steps stand where they began", async (world) => {
    const steps = JSON.stringify(["a", "block", "z"].map((name) => ({ name, type: "transform", config: {} })));
    const at = (second: number) => `2030-01-01T00:00:0${second}.000+00:00`;
    const began: [name: string, second: number, path?: string][] = [
      ["a", 1],
      ["block", 1],
      ["block.x", 1, "1/0/0"],
      ["block.in", 2, "1/0/1"],
      ["block.in[10].y", 2, "1/0/1/10/0"],
      ["block.in[9].y", 3, "1/0/1/9/0"],
      ["z", 4],
      ["block.x.$compensate", 5, "1/0/0/u"],
    ];
    const results = began.map(([step_name, second, path]) => {
      const ended = { status: "success", started_at: at(second), completed_at: at(second), output: null, error: null };
      return [step_name, { step_name, ...ended, ...(path !== undefined && { path }) }];
    });
    const item = world.newRun(await world.workflow({ steps }));
    granted(only(await world.storage.insertRuns([item])));
    const run = only(await world.claimByMessage([item.uuid]));
    const next = {
      kind: "end",
      status: "success",
      error: null,
      stepResults: JSON.stringify(Object.fromEntries(results)),
    };
    granted(await world.save(progress(run, { next: { ...next, kind: "end", status: "success" } })));
    const found = JSON.parse((await world.find(run.uuid)).stepResults ?? "");
    expect(Object.keys(found)).toEqual(began.map(([name]) => name));
  });

  check("an end keeps what the run gives, and its error as an object, each as it was written", async (world) => {
    const given = { output: OUTPUT, errorDetails: '{"step":"b","code":"c"}' };
    const plain = await world.held();
    const [run, other] = [await world.held(), await world.held()];
    await world.storage.saveProgress([
      progress(plain, { next: ended() }),
      progress(run, { next: { kind: "end", status: "failed", error: "no", stepResults: "{}", ...given } }),
      progress(other, { next: { kind: "end", status: "success", error: null, stepResults: "{}", output: "null" } }),
    ]);
    expect(await world.find(run.uuid)).toMatchObject(given);
    expect(await world.find(other.uuid)).toMatchObject({ output: "null", errorDetails: null });
    expect(await world.find(plain.uuid)).toMatchObject({ output: null, errorDetails: null });
  });

  for (const { name, next, entries, paths } of WAYS) {
    check(`${name} may be repeated`, async (world) => {
      const run = await world.held();
      const item = progress(run, { entries, crashes: 1, next: next(world) });
      const states: (RunRecord | number | null)[][] = [];
      for (let time = 0; time < 3; time++) {
        expect(await world.save(item)).toEqual({ kind: "ok", value: null });
        states.push([await world.find(run.uuid), await world.storage.nextDue(0)]);
        await world.pass(5);
      }
      expect(pathsOf(await world.find(run.uuid))).toEqual(paths);
      expect(states[1]).toEqual(present(states[0]));
      expect(states[2]).toEqual(present(states[0]));
    });
  }

  check("a hold that comes once more after a later one takes nothing back", async (world) => {
    const run = await world.held();
    const first = progress(run, { entries: entriesText("0") });
    const second = progress({ ...run, logLength: 1 }, { entries: entriesText("1") });
    const third = progress({ ...run, logLength: 2 }, { entries: entriesText("2") });
    for (const item of [first, second, first, third]) granted(await world.save(item));
    const next: Progress["next"] = { kind: "due", dueAt: world.now() - 1 };
    granted(await world.save(progress({ ...run, logLength: 3 }, { next })));
    const again = only(await world.claimDue());
    expect(pathsOf(again)).toEqual(["0", "1", "2"]);
    expect(again.logLength).toBe(3);
  });

  check("what is appended after a late repeat is kept", async (world) => {
    const run = await world.held({}, 40);
    const first = progress(run, { entries: entriesText("0") });
    const second = progress({ ...run, logLength: 1 }, { entries: entriesText("1") });
    for (const item of [first, second, first]) granted(await world.save(item));
    await world.pass(80);
    const again = only(await world.claimDue());
    granted(await world.save(progress(again, { entries: entriesText("2") })));
    expect(pathsOf(await world.find(run.uuid))).toEqual(["0", "1", "2"]);
  });

  check("ended is ended", async (world) => {
    const run = await world.held({}, 20);
    const end = progress(run, { next: ended() });
    granted(await world.save(end));
    const final = await world.find(run.uuid);
    await world.pass(40);
    const later: Progress["next"][] = [
      { kind: "hold" },
      { kind: "due", dueAt: world.now() - 1 },
      ended({ status: "failed", error: "no" }),
      ended({ status: "cancelled" }),
    ];
    for (const next of later) {
      const entries = next.kind === "end" ? null : entriesText("9");
      expect(await world.save(progress(run, { entries, next }))).toEqual({ kind: "lost" });
    }
    expect(await world.claimDue()).toEqual([]);
    expect(await world.claimByMessage([run.uuid])).toEqual([]);
    expect(await world.storage.nextDue(0)).toBeNull();
    expect(await world.find(run.uuid)).toEqual(final);
  });

  check("of 500 saves with one that is not JSON, 499 are written", async (world) => {
    const runs = await world.claimByMessage(await world.runs(500));
    const items = runs.map((run, index) => progress(run, { entries: index === 321 ? "[[" : entriesText(`${index}`) }));
    const outcomes = await world.storage.saveProgress(items);
    expect(outcomes[321]).toMatchObject({ kind: "error", code: "unstorable" });
    expect(outcomes.map(({ kind }) => kind)).toEqual(items.map((_, index) => (index === 321 ? "error" : "ok")));
    const found = await world.findRuns(runs.map(({ uuid }) => uuid));
    expect(found.map((run) => pathsOf(present(run)))).toEqual(
      items.map((_, index) => (index === 321 ? [] : [`${index}`])),
    );
  });

  check("of 500 ends with one whose results are not JSON, 499 end", async (world) => {
    const runs = await world.claimByMessage(await world.runs(500));
    const end = (stepResults: string): Progress["next"] => ({
      kind: "end",
      status: "success",
      error: null,
      stepResults,
    });
    const items = runs.map((run, index) => progress(run, { next: end(index === 0 ? "{" : "{}") }));
    const outcomes = await world.storage.saveProgress(items);
    expect(outcomes.map(({ kind }) => kind)).toEqual(items.map((_, index) => (index === 0 ? "error" : "ok")));
    const found = await world.findRuns(runs.map(({ uuid }) => uuid));
    expect(found.map((run) => run?.status)).toEqual(items.map((_, index) => (index === 0 ? "running" : "success")));
  });

  check("a save that is refused leaves nothing behind, and its place in the log free", async (world) => {
    const run = await world.held();
    const next: Progress["next"] = { kind: "end", status: "success", error: null, stepResults: "{" };
    const refused = await world.save(progress(run, { entries: entriesText("no"), crashes: 4, next }));
    expect(refused).toMatchObject({ kind: "error", code: "unstorable" });
    expect(await world.find(run.uuid)).toMatchObject({ status: "running", log: "[]" });
    granted(await world.save(progress(run, { entries: entriesText("yes") })));
    expect(pathsOf(await world.find(run.uuid))).toEqual(["yes"]);
  });
}
