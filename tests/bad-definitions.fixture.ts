/** A definition for each word of docs/language.md that refuses one, or warns of it. */

const pure = { name: "a", type: "transform", config: { value: 1 } };
const hook = { name: "h", type: "webhook", config: { method: "POST", url: "https://a.example/" } };
const value = (text: unknown) => ({ ...pure, config: { value: text } });
const block = (...steps: unknown[]) => ({ name: "b", type: "block", config: { steps } });
const cases = (...list: unknown[]) => ({ name: "s", type: "switch", config: { cases: list } });
const parallel = (...branches: unknown[]) => ({ name: "p", type: "parallel", config: { branches } });
const loop = (more: object) => ({ name: "l", type: "loop", config: { max_iterations: 2, steps: [pure], ...more } });
const set = (name: string) => ({ name: "set", type: "set", config: { variables: { [name]: 2 } } });
const handler = (more: object = {}) => ({ steps: [{ ...pure, name: "x" }], ...more });

let deepSteps: unknown = pure;
for (let level = 0; level < 17; level++)
  deepSteps = { name: `b${level}`, type: "block", config: { steps: [deepSteps] } };
const many = Array.from({ length: 1000 }, (_, index) => ({ ...pure, name: `s${index}` }));

/** The steps of a definition, or all of it, by the word. */
export const BAD: Record<string, unknown[] | object> = {
  missing: [{ name: "a", type: "transform" }],
  extra_forbidden: [{ ...pure, more: 1 }],
  string_type: { name: 1, steps: [pure] },
  dict_type: [{ ...pure, config: [] }],
  list_type: { name: "w", steps: {} },
  int_type: [parallel({ name: "l", steps: [pure] })].map((one) => ({
    ...one,
    config: { ...one.config, concurrency: 1.5 },
  })),
  float_type: [{ name: "d", type: "delay", config: { duration: "soon" } }],
  bool_type: [{ name: "c", type: "workflow", config: { workflow_id: "x", wait: "yes" } }],
  greater_than_equal: [{ name: "d", type: "delay", config: { duration: -1 } }],
  less_than_equal: [{ ...hook, retry: { max_attempts: 101 } }],
  string_too_short: { name: "", steps: [pure] },
  string_too_long: { name: "x".repeat(256), steps: [pure] },
  too_short: { name: "w", steps: [] },
  too_long: [{ ...hook, retry: Array(6).fill({}) }],
  enum: [{ ...pure, type: "unheard_of" }],
  value_error: [{ ...pure, name: "payload" }],
  name_hides: [pure, block(pure)],
  reserved_name: [cases({ name: "default", if: "payload.n == 1", steps: [pure] })],
  branch_taken: [parallel({ name: "l", steps: [pure] }, { name: "l", steps: [pure] })],
  too_deep: [deepSteps],
  too_many_steps: Array.from({ length: 11 }, (_, index) => ({
    name: `b${index}`,
    type: "block",
    config: { steps: many },
  })),
  reference_unknown: [value("${gone}")],
  reference_later: [value("${a}")],
  reference_hidden: [block({ ...pure, name: "x" }), value("${x}")],
  expression_syntax: [value("${{ 1 + }}")],
  expression_function: [value("${{ nope(1) }}")],
  expression_too_large: [value(`\${{${" ".repeat(4097)}}}`)],
  not_a_condition: [{ ...pure, if: "1 + 1" }],
  duration_range: [{ ...hook, timeout: 0 }],
  retry_on_required: [{ ...pure, retry: {} }],
  retry_on_fail: [{ name: "f", type: "fail", config: { message: "no" }, retry: { on: ["*"] } }],
  unknown_error_code: [{ ...hook, retry: { on: ["unheard_of"] } }],
  schema_word: { name: "w", input: { pattern: "a" }, steps: [pure] },
  schema_default: { name: "w", input: { properties: { n: { type: "string", default: 1 } } }, steps: [pure] },
  too_large: { name: "w", ui: { text: "x".repeat(20_000) }, steps: [pure] },
  succeed_in_parallel: [parallel({ name: "l", steps: [{ name: "s", type: "succeed" }] })],
  loop_condition: [loop({ while: "true", until: "true" })],
  items_not_a_list: [{ name: "m", type: "map", config: { items: "a,b", steps: [pure] } }],
  variable_unknown: [set("gone")],
  set_across_parallel: [
    { name: "v", type: "block", config: { vars: { x: 1 }, steps: [parallel({ name: "l", steps: [set("x")] })] } },
  ],
  compensate_not_allowed: [{ ...hook, compensate: { step: { type: "block", config: { steps: [pure] } } } }],
  catch_unreachable: [{ ...pure, catch: [handler(), handler({ on: ["http"] })] }],
};

export const ODD: Record<string, unknown[] | object> = {
  name_is_root: [{ ...pure, name: "run" }],
  reference_conditional: [{ ...pure, name: "c", if: "payload.n == 1" }, value("${c}")],
  placeholder_computes: [value("${payload.n + 1}")],
  case_unreachable: [cases({ if: "true", steps: [pure] }, { if: "payload.n == 1", steps: [pure] })],
  loop_never_ends: [loop({ until: "false" })],
  compensate_on_pure: [{ ...pure, compensate: { step: { type: "transform", config: { value: 1 } } } }],
  retry_without_idempotency: [{ ...hook, retry: {} }],
  workflow_unknown: [{ name: "c", type: "workflow", config: { workflow_id: "unheard of" } }],
  workflow_recursive: {
    ...{ name: "w", id: "itself" },
    steps: [block({ name: "c", type: "workflow", config: { workflow_id: "itself" } })],
  },
  timeout_shorter_than_retry: [
    { ...block({ ...pure, retry: { on: ["*"], initial_interval: 60, jitter: 0 } }), timeout: 10 },
  ],
};

/** A workflow of steps, or one that says more. */
export const definitionOf = (one: unknown[] | object) => (Array.isArray(one) ? { name: "w", steps: one } : one);
