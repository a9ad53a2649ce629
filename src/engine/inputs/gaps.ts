import type { InputGapCode } from "../../schemas/runs/step-input.ts";

interface Reason {
  code: InputGapCode;
  /** `{name}` stands for a subject. */
  sentence: string;
}

/** Why something of an input is not known. */
const REASONS = {
  step_open: { code: "not_yet", sentence: 'The step "{step}" has not ended' },
  run_open: { code: "not_yet", sentence: "The run has not begun" },
  variable_open: { code: "not_yet", sentence: 'Steps that may set the variable "{variable}" have not ended' },
  step_gone: { code: "not_kept", sentence: 'What the step "{step}" came to is not kept' },
  variable_gone: { code: "not_kept", sentence: 'What the variable "{variable}" was set to is not kept' },
  error_gone: { code: "not_kept", sentence: "The error that the handler was for is not kept" },
  iteration_gone: { code: "not_kept", sentence: "What the iteration before gave can't be told any more" },
  items_gone: { code: "not_kept", sentence: 'The items of the map "{step}" can\'t be told any more' },
  place_gone: { code: "not_kept", sentence: "The version of the run has no such step" },
  skipped: { code: "not_given", sentence: "The step was skipped: it was given nothing" },
  no_condition: { code: "not_given", sentence: "The condition of the step failed: it was given nothing" },
  run_over: { code: "not_given", sentence: "The run ended before the step began: it was given nothing" },
  too_many: { code: "not_kept", sentence: "More than {most} of its fields are not known" },
  too_costly: { code: "too_costly", sentence: "To compute it again would cost too much" },
} as const satisfies Record<string, Reason>;

/** Thrown where something of an input is not known. No Error: that takes a stack along, and there may be many. */
export class NotKnown {
  readonly code: InputGapCode;
  readonly message: string;

  constructor(reason: keyof typeof REASONS, subjects: Record<string, string> = {}) {
    const { code, sentence } = REASONS[reason];
    this.code = code;
    this.message = sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => subjects[name] ?? "");
  }
}
