import { StepFailure } from "../../../src/connectors/index.ts";
import { describeFailure } from "../../../src/step-failures.ts";

/** The body of a reply is over 1 MiB, as it came or decompressed. */
export class TooLarge extends StepFailure {
  constructor() {
    const { code, error } = describeFailure("reply_too_large", {});
    super(code, error);
  }
}
