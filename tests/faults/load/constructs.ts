/** Workflows of every construct of the language, and what their runs come to, whatever fails meanwhile. */
import type { Client, StepInput } from "../../harness/http/client.ts";
import type { Behaviour, Sink } from "../deployment/sink.ts";
import type { Made } from "./kinds.ts";
import type { Row } from "./row.ts";

/** Runs of the workflow of one key go one at a time, and those of the other begin so often. */
export const RATE = { limit: 50, per: 1 };
const KEYS = 64;

/** The workflows of these kinds, and those that their runs start. */
export interface Constructs {
  /** Goes through all constructs, and waits for the signal `go` from outside. */
  flow: Made;
  /** Undoes what succeeded, and has its failure told. */
  undone: Made;
  /** Starts two runs that take turns, and another that it does not wait for. */
  parent: Made;
  /** Their workflows' uuids. */
  serial: string;
  rated: string;
}

/** The paths of the attempts that start the runs of `parent`. */
export const CHILD_PATHS = ["0/0/0", "0/1/0", "1"];

export async function makeConstructs(api: Client, sink: Sink): Promise<Constructs> {
  const post = (path: string, behaviour: Behaviour = {}, body: object = { n: "${payload.n}" }) => ({
    type: "webhook",
    config: { url: sink.addressOf(path, { afterMs: 5, ...behaviour }), method: "POST", body },
  });
  const hook = (name: string, path = `/${name}`, behaviour: Behaviour = {}): StepInput => ({
    name,
    ...post(path, behaviour),
  });
  const undoable = (name: string): StepInput => ({ ...hook(name), compensate: { step: post(`/undo-${name}`) } });
  const only = (path: string): StepInput[] => [{ name: "a", ...post(path, {}, {}) }];

  const concurrency = { limit: 1, key: "${payload.key}" };
  const serial = await api.create(only("/child-serial"), { concurrency });
  const rated = await api.create(only("/child-rated"), { rate_limit: RATE });
  const alert = await api.create(only("/child-alert"));

  const flow: StepInput[] = [
    {
      ...{ name: "route", type: "switch" },
      config: { cases: [{ if: "payload.n % 2 == 0", steps: [hook("even")] }], default: { steps: [hook("odd")] } },
    },
    {
      ...{ name: "again", type: "block", retry: { on: ["http"], max_attempts: 3, initial_interval: 0.05 } },
      config: { steps: [hook("flaky", "/flaky", { fails: 1 })] },
    },
    {
      name: "each",
      type: "map",
      config: { items: [0, 1, 2], as: "i", concurrency: 2, steps: [hook("item", "/item-${i}")] },
    },
    {
      ...{ name: "poll", type: "loop" },
      config: {
        ...{ until: "iteration.index >= 2", max_iterations: 5, interval: 0.05, vars: { count: 0 } },
        steps: [
          hook("look", "/poll-${iteration.index}"),
          { name: "add", type: "set", config: { variables: { count: "${{ vars.count + 1 }}" } } },
        ],
        output: { count: "${vars.count}" },
      },
    },
    {
      ...{ name: "fan", type: "parallel" },
      config: {
        branches: [
          { name: "left", steps: [hook("left")] },
          { name: "right", steps: [{ name: "rest", type: "delay", config: { duration: 0.2 } }, hook("right")] },
        ],
      },
    },
    { name: "go", type: "wait", config: { signal: "go" } },
    {
      ...hook("caught", "/caught", { status: 500 }),
      catch: [{ on: ["http"], steps: [hook("handler")], output: "${error.code}" }],
    },
  ];
  const output = {
    count: "${poll.count}",
    items: "${{ each.map(one, one.item.response_data.got) }}",
    told: "${go.run}",
    caught: "${caught}",
  };
  const undone: StepInput[] = [
    undoable("a"),
    {
      ...{ name: "p", type: "parallel" },
      config: { branches: ["b", "c"].map((name) => ({ name, steps: [undoable(name)] })) },
    },
    { name: "end", type: "fail", config: { message: "no" } },
  ];
  const on_failure = { workflow_id: alert, payload: { failed: "${run.id}" } };
  const child = (name: string, workflow_id: string, config: object): StepInput => ({
    ...{ name, type: "workflow" },
    config: { workflow_id, ...config },
  });
  const parent: StepInput[] = [
    {
      ...{ name: "both", type: "map" },
      config: { items: [0, 1], steps: [child("one", serial, { payload: { key: `\${{ payload.n % ${KEYS} }}` } })] },
    },
    child("later", rated, { wait: false }),
  ];
  return {
    flow: {
      ...made(await api.create(flow, { output }), flow, flowFault),
      webhooksOf: (n) =>
        new Map([
          n % 2 === 0 ? ["0/0/0", "even"] : ["0/d/0", "odd"],
          ...([
            ["1/0/0", "flaky"],
            ["1~2/0/0", "flaky"],
            ["4/0/0", "left"],
            ["4/1/1", "right"],
          ] as [string, string][]),
          ...[0, 1, 2].map((i): [string, string] => [`2/${i}/0`, `item-${i}`]),
          ...[0, 1, 2].map((i): [string, string] => [`3/${i}/0`, `poll-${i}`]),
          ...([
            ["6", "caught"],
            ["6/c0/0", "handler"],
          ] as [string, string][]),
        ]),
    },
    undone: {
      ...made(await api.create(undone, { on_failure }), undone, undoneFault),
      webhooksOf: () =>
        new Map(
          [
            ["0", "a"],
            ["1/0/0", "b"],
            ["1/1/0", "c"],
          ].flatMap(([path = "", name = ""]): [string, string][] => [
            [path, name],
            [`${path}/u`, `undo-${name}`],
          ]),
        ),
    },
    parent: made(await api.create(parent), parent, ({ status }) => (status === "success" ? null : "failed")),
    serial,
    rated,
  };
}

function made(workflow: string, steps: StepInput[], fault: (row: Row) => string | null): Made {
  const expected = () => ({ status: "", error: null, steps: {} });
  return { workflow, steps, webhooks: new Map(), expected, fault };
}

function flowFault({ uuid, n, status, output }: Row): string | null {
  const should = { count: 3, items: [n, n, n], told: uuid, caught: "http" };
  return status === "success" && Bun.deepEquals(output, should) ? null : `should give ${JSON.stringify(should)}`;
}

function undoneFault({ status, error, step_results }: Row): string | null {
  if (status !== "failed" || error !== 'Step "end" failed: no') return "should fail at its end";
  const undone = ["a.$compensate", "p.b.b.$compensate", "p.c.c.$compensate"];
  const all = Object.entries(step_results ?? {}).filter(([address]) => address.endsWith(".$compensate"));
  const isWell = (result: unknown) =>
    typeof result === "object" && result !== null && "status" in result && result.status === "success";
  return all.length === undone.length && all.every(([, result]) => isWell(result)) ? null : "has not undone all";
}
