/** The workflows that the crash test runs, and what each run of them comes to, however often the platform dies. */
import { isDeepStrictEqual } from "node:util";
import { timeAt } from "./http/all-runs.ts";
import type { StepInput } from "./http/client.ts";
import { at, isObject } from "./http/json.ts";
import type { LedgerSink } from "./sinks/ledger-sink.ts";

const transform = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const transformed = (value: unknown) => ({ status: "success", error: null, output: { type: "transform", value } });
const DELAY_MS = 1000;
/** Long enough for many webhooks to be under way when a kill comes. */
const afterMs = () => 5;

interface StepEnd {
  status: string;
  error: string | null;
  output: unknown;
}

export interface Expected {
  status: string;
  error: string | null;
  steps: Record<string, StepEnd>;
}

export interface Kind {
  steps: StepInput[];
  /** Names of the webhook steps by their place. */
  webhooks: Map<number, string>;
  expected(n: number): Expected;
}

/** The kinds of run, in the proportion in which they are triggered. */
export function crashKinds(sink: Pick<LedgerSink, "url">): Kind[] {
  const urls = {
    one: sink.url("/one", { afterMs }),
    two: sink.url("/two", { afterMs }),
    hook: sink.url("/hook", { afterMs, status: 500 }),
  };
  const webhook = (name: keyof typeof urls, extra: object = {}): StepInput => ({
    name,
    type: "webhook",
    config: { url: urls[name], method: "POST", body: { n: "${payload.n}", ...extra } },
  });
  const answered = (name: keyof typeof urls, n: number, status_code: number) => ({
    type: "webhook",
    status_code,
    response_data: { got: n },
    url: urls[name],
    method: "POST",
  });
  const pure: Kind = {
    steps: [transform("a", "${payload.n}"), transform("b", "<${a.value}> é"), transform("c", ["${a}", "${b.value}"])],
    webhooks: new Map(),
    expected: (n) => ({
      status: "success",
      error: null,
      steps: {
        a: transformed(n),
        b: transformed(`<${n}> é`),
        c: transformed([{ type: "transform", value: n }, `<${n}> é`]),
      },
    }),
  };
  const calling: Kind = {
    steps: [
      transform("before", "${payload.n}"),
      webhook("one"),
      webhook("two", { one: "${one.response_data.got}" }),
      transform("after", ["${one.status_code}", "${two.response_data.got}"]),
    ],
    webhooks: new Map([
      [1, "one"],
      [2, "two"],
    ]),
    expected: (n) => ({
      status: "success",
      error: null,
      steps: {
        before: transformed(n),
        one: { status: "success", error: null, output: answered("one", n, 200) },
        two: { status: "success", error: null, output: answered("two", n, 200) },
        after: transformed([200, n]),
      },
    }),
  };
  const sleeping: Kind = {
    steps: [
      transform("before", "${payload.n}"),
      { name: "wait", type: "delay", config: { duration: DELAY_MS / 1000 } },
      transform("after", "${before.value}"),
    ],
    webhooks: new Map(),
    expected: (n) => ({
      status: "success",
      error: null,
      steps: {
        before: transformed(n),
        wait: {
          status: "success",
          error: null,
          output: { type: "delay", duration: 1, message: "Delayed for 1 seconds" },
        },
        after: transformed(n),
      },
    }),
  };
  const why = "The webhook was answered with status 500";
  const failing: Kind = {
    steps: [webhook("hook"), transform("never", 1)],
    webhooks: new Map([[0, "hook"]]),
    expected: (n) => ({
      status: "failed",
      error: `Step "hook" failed: ${why}`,
      steps: { hook: { status: "failed", error: why, output: answered("hook", n, 500) } },
    }),
  };
  return [pure, calling, sleeping, calling, failing];
}

/** What is wrong with how a run ended; null when nothing is. */
export function faultOf(run: Record<string, unknown>, expected: Expected): string | null {
  const results = isObject(run.step_results) ? run.step_results : {};
  const steps = Object.fromEntries(
    Object.entries(results).map(([name, step]) => [
      name,
      { status: at(step, "status"), error: at(step, "error"), output: at(step, "output") },
    ]),
  );
  const got = { status: run.status, error: run.error, steps };
  if (!isDeepStrictEqual(got, expected)) return `expected ${JSON.stringify(expected)}`;
  if (run.completed_at === null) return "it ended without a completed_at";
  const wait = results.wait;
  if (wait === undefined) return null;
  const slept = timeAt(wait, "completed_at") - timeAt(wait, "started_at");
  return slept >= DELAY_MS ? null : `its delay of ${DELAY_MS} ms took ${slept} ms`;
}
