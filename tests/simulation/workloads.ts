import { REPEATED } from "./repeated.ts";
import { RUN_WORKLOADS, TOLD, type Workload } from "./run-workloads.ts";
import { acts, block, each, fails, listens, parallel, pure, RETRY, route, starts, tells, waits } from "./steps.ts";

export type { RunOptions, Workload } from "./run-workloads.ts";

/** Those whose runs end because their threads or processes do. */
export const POISONED = ["poisoned", "deadly", "deadly and alerting", "deadly at once"];

/** A run of it may be executed before its insert. */
export const PURE: Workload = { id: "pure", steps: [pure("a"), pure("b"), pure("c")], status: "success" };

export const WORKLOADS: Workload[] = [
  PURE,
  { id: "pure block", steps: [block("a", [pure("x"), block("y", [pure("z")])]), pure("b")], status: "success" },
  { id: "short", steps: [pure("a")], status: "success" },
  { id: "short block", steps: [block("a", [pure("x")])], status: "success" },
  { id: "effects", steps: [acts("a"), acts("b"), acts("c")], status: "success" },
  { id: "mixed", steps: [pure("a"), acts("b"), waits("c", 3), pure("d"), acts("e")], status: "success" },
  { id: "sleepy", steps: [waits("a", 1), waits("b", 7), waits("c", 45)], status: "success" },
  { id: "failing", steps: [acts("a"), acts("b", true), acts("c")], status: "failed" },
  {
    id: "lost",
    steps: [pure("a"), { name: "b", type: "transform", config: { value: "${nowhere}" } }],
    status: "failed",
  },
  {
    id: "nested",
    steps: [pure("a"), block("b", [acts("x"), waits("y", 2), block("z", [acts("w")])]), acts("c")],
    status: "success",
  },
  { id: "retried", steps: [acts("a"), { ...acts("b", true), retry: RETRY }, acts("c")], status: "failed" },
  {
    id: "block retried",
    steps: [{ ...block("b", [acts("x"), { ...acts("y", true), retry: RETRY }]), retry: { ...RETRY, max_attempts: 2 } }],
    status: "failed",
  },
  {
    id: "parallel",
    steps: [
      acts("a"),
      parallel("p", "all", [acts("x"), acts("y")], [waits("w", 2), acts("z")], [pure("v"), acts("u"), pure("t")]),
      acts("c"),
    ],
    status: "success",
  },
  {
    id: "settled",
    steps: [parallel("p", "all_settled", [acts("x", true)], [acts("y"), waits("w", 1)]), acts("c")],
    status: "success",
  },
  {
    id: "first of many",
    steps: [
      parallel("p", "any", [acts("x", true)], [waits("w", 40), acts("never")], [acts("z"), acts("y")]),
      acts("c"),
    ],
    status: "success",
  },
  {
    id: "nested parallel",
    steps: [
      parallel("p", "all", [block("k", [acts("x"), parallel("q", "all", [acts("r")], [acts("s")])])], [acts("y")]),
      { ...parallel("o", "all", [acts("f", true)], [waits("w", 3), acts("g")]), retry: RETRY },
    ],
    status: "failed",
  },
  {
    id: "caught",
    steps: [
      {
        ...acts("a", true),
        catch: [
          { on: ["timeout"], steps: [acts("no")] },
          { on: ["failed"], steps: [tells("t"), acts("h")] },
        ],
      },
      {
        ...block("b", [acts("x"), fails("y", "oops")]),
        catch: [{ on: ["oops"], steps: [waits("w", 2), acts("h")], output: "${error.code}" }],
      },
      acts("c"),
    ],
    status: "success",
  },
  {
    id: "routed",
    steps: [
      acts("a"),
      route(
        "r",
        [
          { if: "payload.n % 2 == 0", steps: [acts("x"), waits("w", 1)] },
          { if: "payload.n < 6", steps: [pure("y"), acts("v")] },
        ],
        [acts("z")],
      ),
      { ...acts("c"), if: "has(steps.r.output)" },
      { ...acts("d", true), if: "false" },
      { ...acts("e"), if: 'steps.d.status == "failed"' },
    ],
    status: "success",
  },
  {
    id: "passed over",
    steps: [
      { ...acts("a", true), on_error: "continue", retry: RETRY },
      { ...fails("b", "oops"), on_error: "continue" },
      acts("c"),
    ],
    status: "success",
  },
  {
    id: "handler fails",
    steps: [{ ...acts("a", true), retry: RETRY, catch: [{ steps: [acts("h"), fails("f", "worse")] }] }, acts("c")],
    status: "failed",
  },
  {
    id: "too slow",
    steps: [
      {
        ...block("b", [acts("x"), waits("w", 40), acts("never")]),
        timeout: 30,
        catch: [{ on: ["timeout"], steps: [acts("h")] }],
      },
      { ...waits("d", 30), timeout: 2, on_error: "continue" },
      { ...acts("e"), timeout: 0.1, on_error: "continue" },
    ],
    status: "success",
  },
  {
    id: "signalled",
    steps: [
      listens("a", "x"),
      acts("b"),
      parallel("p", "all", [listens("c", "x", "z"), acts("e")], [acts("f"), waits("w", 3), listens("g", "y")]),
      { ...listens("h", "never"), timeout: 1, catch: [{ on: ["timeout"], steps: [acts("i")] }] },
      pure("j"),
    ],
    status: "success",
  },
  {
    id: "parent",
    steps: [
      acts("a"),
      starts("c", "mixed"),
      { ...starts("d", "failing"), retry: { ...RETRY, on: ["child"] }, on_error: "continue" },
      { ...starts("e", "sleepy"), timeout: 5, on_error: "continue" },
      starts("f", "short", { wait: false }),
      { ...starts("g", "nothing"), catch: [{ on: ["child"], steps: [acts("h")] }] },
      starts("k", "nested"),
    ],
    status: "success",
  },
  {
    id: "grandparent",
    steps: [parallel("p", "all", [starts("c", "parent")], [acts("a"), starts("d", "short")]), pure("b")],
    status: "success",
  },
  {
    id: "starts many",
    steps: [each("e", 14, [starts("c", "short")], { concurrency: 9 }), pure("b")],
    status: "success",
  },
  {
    id: "starts beside a sleep",
    steps: [parallel("p", "all", [waits("w", 1)], [starts("c", "short")]), pure("b")],
    status: "success",
  },
  ...RUN_WORKLOADS,
  ...REPEATED,
  { id: "poisoned", steps: [acts("a"), { name: "b", type: "poison", config: {} }], status: "failed" },
  { id: "deadly", steps: [acts("a"), { name: "b", type: "deadly", config: {} }], status: "failed" },
  {
    id: "deadly and alerting",
    steps: [acts("a"), { name: "b", type: "poison", config: {} }],
    options: { on_failure: { workflow_id: "short", payload: TOLD } },
    status: "failed",
  },
  { id: "deadly at once", steps: [{ name: "a", type: "deadly", config: {} }], status: "failed" },
];

/** Those that shortcuts are for, which come more often. */
export const SHORT = WORKLOADS.filter(({ id }) =>
  ["pure", "short", "sleepy", "in turn", "starts beside a sleep"].includes(id),
);
