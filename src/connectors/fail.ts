import { Type } from "@sinclair/typebox";
import { CODE_PATTERN, FAIL } from "../language/definition/control.ts";
import { isDeeper, type Json, MAX_DEPTH } from "../schemas/json/json.ts";
import { STEP_FAILURES } from "../step-failures.ts";
import { type ConfigFault, defineConnector, StepFailure } from "./index.ts";

/** The error is repeated by every step around this one. */
const MAX_DETAILS = 16 * 1024;
/** Of a message, in characters; a longer one is cut. */
const MAX_MESSAGE = 4096;
const TAKEN = new Set<string>(Object.values(STEP_FAILURES).map(({ code }) => code));
TAKEN.delete("failed");

export default defineConnector({
  type: FAIL,
  kind: "pure",
  description: "Fails, with an error of the author's own.",
  config: Type.Object(
    {
      code: Type.Optional(Type.String({ pattern: CODE_PATTERN, description: "A word for the error; failed" })),
      message: Type.String({ description: "What is wrong, for who reads the run; at most 4,096 characters" }),
      details: Type.Optional(Type.Unsafe<Json>(Type.Unknown({ description: "More about the error, at most 16 KiB" }))),
    },
    {
      additionalProperties: false,
      description: "The error that the step fails with",
      examples: [{ code: "out_of_stock", message: "No ${payload.sku} is left" }],
    },
  ),
  check: ({ code, message, details = null }) => {
    const faults: ConfigFault[] = [];
    const fault = faultOfCode(code);
    if (fault !== null) faults.push({ path: ["code"], message: fault });
    if (message.length > MAX_MESSAGE && isLiteral(message)) {
      const longest = `String should have at most ${MAX_MESSAGE} characters`;
      faults.push({ path: ["message"], message: longest, type: "string_too_long" });
    }
    const text = JSON.stringify(details);
    if (text.length > MAX_DETAILS && isLiteral(text)) {
      faults.push({ path: ["details"], message: "The details are over 16 KiB", type: "too_large" });
    }
    return faults;
  },
  run({ code = "failed", message, details = null }) {
    const fault = faultOfCode(code);
    if (fault !== null) throw StepFailure.of("config_unfit", { place: ".code", fault });
    if (isDeeper(details, MAX_DEPTH)) throw StepFailure.of("output_too_deep", {});
    if (JSON.stringify(details).length > MAX_DETAILS) throw StepFailure.of("details_too_large", {});
    throw new StepFailure(code, message, null, details);
  },
});

function faultOfCode(code: string | undefined): string | null {
  return code !== undefined && TAKEN.has(code) ? `The code ${code} is one of the platform's own` : null;
}

/** Whether a text holds no placeholder, so that it is as long in every run. */
function isLiteral(text: string): boolean {
  return !text.includes("${");
}
