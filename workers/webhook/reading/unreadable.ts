import { StepFailure } from "../../../src/connectors/index.ts";
import { describeFailure, type Subjects } from "../../../src/step-failures.ts";

/** A body came that can't be kept: over 1 MiB, as it came or decompressed, or not decompressed at all. */
export class Unreadable extends StepFailure {
  private constructor(
    { code, error }: ReturnType<typeof describeFailure>,
    readonly fault: "size" | "coding",
  ) {
    super(code, error);
  }

  static size(): Unreadable {
    return new Unreadable(describeFailure("reply_too_large", {}), "size");
  }

  static coding<Name extends "reply_corrupt" | "reply_coding_unknown" | "reply_codings">(
    name: Name,
    subjects: Subjects<Name>,
  ): Unreadable {
    return new Unreadable(describeFailure(name, subjects), "coding");
  }
}
