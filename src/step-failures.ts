import { CHILD_FAILURES } from "./step-failures/children.ts";
import { ITERATION_FAILURES } from "./step-failures/iterations.ts";
import { WEBHOOK_FAILURES } from "./step-failures/webhook.ts";

/** The kind of a failure: stable words, which clients may tell apart. */
export type FailureCode =
  | "network"
  | "timeout"
  | "http"
  | "expression"
  | "config"
  | "output"
  | "child"
  | "invalid_input"
  | "limit"
  | "all_failed"
  | "loop_limit"
  | "too_many_failures"
  | "cancelled"
  | "run_timeout"
  | "crashed"
  | "failed";

interface Failure {
  code: FailureCode;
  /** Shown to users; `{name}` stands for a subject of the failure. */
  sentence: string;
  /** For docs/failures.md. */
  when: string;
}

/** Every failure that the platform gives a step or a run, in the order of docs/failures.md; step types may throw others. */
export const STEP_FAILURES = {
  placeholder_nowhere: {
    code: "expression",
    sentence: "The placeholder {placeholder} leads nowhere",
    when: "The payload, or the output of an earlier step, has nothing at that path",
  },
  expression_failed: {
    code: "expression",
    sentence: "The expression {expression} failed: {error}",
    when: "What it reads is not there or of another type, or it costs too much ([limits](language.md#expressions))",
  },
  config_too_large: {
    code: "config",
    sentence: "The config is over 1 MiB once its placeholders are resolved",
    when: "Placeholders bring in too much",
  },
  config_unfit: {
    code: "config",
    sentence: "config{place}: {fault}",
    when: "The config does not fit the step type once its placeholders are resolved; the place is the path to it",
  },
  type_unknown: {
    code: "config",
    sentence: "There is no step type {type} here",
    when: "The definition was stored by a platform that has this step type",
  },
  ...WEBHOOK_FAILURES,
  output_not_json: {
    code: "output",
    sentence: "The step's output is not JSON",
    when: "A step type gave a value that JSON cannot carry, such as a cycle",
  },
  output_too_large: { code: "output", sentence: "The step's output is over 1 MiB", when: "As JSON text" },
  output_too_deep: {
    code: "output",
    sentence: "The step's output nests deeper than 64",
    when: "Arrays and objects in one another",
  },
  output_unstorable: {
    code: "output",
    sentence: "The step's output holds NUL or a lone surrogate",
    when: "Not every database can keep such text",
  },
  outputs_too_large: {
    code: "limit",
    sentence: "The run's outputs are over 8 MiB together",
    when: "As JSON text, over all steps of the run",
  },
  all_failed: {
    code: "all_failed",
    sentence: "All {count} branches failed",
    when: "Of a `parallel` that joins as `any`; `error_details.details.failed` has the error of each",
  },
  ...CHILD_FAILURES,
  ...ITERATION_FAILURES,
  step_timeout: {
    code: "timeout",
    sentence: "The step was not done within its {seconds} s",
    when: "The `timeout` of a delay, or of a step that holds others, passed",
  },
  details_too_large: {
    code: "config",
    sentence: "The details of the error are over 16 KiB",
    when: "Of a `fail`, as JSON text",
  },
  mock_missing: {
    code: "config",
    sentence: "There is no mock for {step}: a test sends nothing",
    when: "Only in a [test](language.md#tests): `mocks` has no entry for the address of the step",
  },
  mock_unfit: {
    code: "config",
    sentence: "The mock for {step} has a status: that is for webhooks",
    when: "Only in a test: what comes of a child is an `output` or an `error`",
  },
  cancelled: {
    code: "cancelled",
    sentence: "Cancelled: the branch {branch} {how}",
    when: "The step had begun when another branch ended their `parallel`; it is `skipped`",
  },
  cancelled_by_iteration: {
    code: "cancelled",
    sentence: "Cancelled: the iteration {index} {how}",
    when: "The step had begun when another iteration ended their `map`; it is `skipped`",
  },
  cancelled_by_timeout: {
    code: "cancelled",
    sentence: "Cancelled: the time of {step} was over",
    when: "The step had begun when the `timeout` of a step around it passed; it is `skipped`",
  },
  cancelled_by_run: {
    code: "cancelled",
    sentence: "Cancelled: the time of the run was over",
    when: "The step had begun when the `timeout` of the definition passed; it is `skipped`",
  },
  run_timeout: {
    code: "run_timeout",
    sentence: "The run was not done within its {seconds} s",
    when: "The `timeout` of the definition passed. No `catch` sees it",
  },
  run_output: {
    code: "expression",
    sentence: "The output of the run failed: {error}",
    when: "All steps succeeded, and the `output` of the definition can't be resolved, or is over the bounds of a step's (`output`)",
  },
  run_cancelled: {
    code: "cancelled",
    sentence: "The run was cancelled",
    when: "It was cancelled by a request; steps that had begun are `skipped`",
  },
  crashed: {
    code: "crashed",
    sentence: "The run was stopped after {count} threads in a row were lost while executing it: {reason}",
    when: "A step loops, or takes its thread or its process along",
  },
  unexpected: {
    code: "failed",
    sentence: "The step type {type} failed unexpectedly; the log has the reason under the id of the run",
    when: "A step type threw an error that is no StepFailure: a mistake in its code",
  },
  progress_refused: {
    code: "failed",
    sentence: "The database refused what the run came to; the log has the reason under the id of the run",
    when: "Nobody foresaw that such content can't be stored. The steps are those that were stored before",
  },
  version_missing: {
    code: "failed",
    sentence: "Workflow version not found",
    when: "The database has no such version of the workflow: rows were deleted by hand",
  },
} as const satisfies Record<string, Failure>;

export type FailureName = keyof typeof STEP_FAILURES;

type SubjectsIn<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | SubjectsIn<Rest>
  : never;
/** The subjects of a failure, by the names in the braces of its sentence. */
export type Subjects<Name extends FailureName> = Record<
  SubjectsIn<(typeof STEP_FAILURES)[Name]["sentence"]>,
  string | number
>;

/** The code of a failure and its sentence about the subjects. */
export function describeFailure<Name extends FailureName>(
  name: Name,
  subjects: Subjects<Name>,
): { code: FailureCode; error: string } {
  const { code, sentence } = STEP_FAILURES[name];
  const named = new Map<string, string | number>(Object.entries(subjects));
  return { code, error: sentence.replace(/\{(\w+)\}/g, (_, subject: string) => String(named.get(subject) ?? "")) };
}
