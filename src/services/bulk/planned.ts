import { PlatformError, ValidationFailed } from "../../errors.ts";
import type { BulkSettings } from "../../schemas/control/bulk.ts";
import type { BulkRefusal, NewRetry, Unnamed } from "../../storage/port.ts";
import type { RetryService } from "../retries.ts";

/** A run that would try another one again, or why there can be none. */
export type Planned = { retry: Unnamed<NewRetry> } | { refused: BulkRefusal };

/**
 * Plans the retry of one run of many; stores nothing.
 *
 * @param unexpected told of an error that is no refusal: it is counted as one, so that other runs do not wait for this one
 * @throws PlatformError what may be otherwise a moment later
 */
export async function plannedRetry(
  retries: Pick<RetryService, "plan">,
  run: string,
  { from, version, depth = 0 }: Pick<BulkSettings, "from" | "version" | "depth">,
  unexpected: (error: unknown) => void,
): Promise<Planned> {
  try {
    const input = { ...(from !== undefined && { from }), ...(version !== undefined && { version }) };
    return { retry: (await retries.plan(run, input, { depth, trace: null })).retry };
  } catch (error) {
    if (error instanceof PlatformError && error.retryable) throw error;
    if (!(error instanceof PlatformError || error instanceof ValidationFailed)) unexpected(error);
    return { refused: { run, ...whyOf(error) } };
  }
}

/** Why a run can't be tried again, as it is stored. */
function whyOf(error: unknown): Pick<BulkRefusal, "code" | "subject"> {
  if (error instanceof PlatformError) return { code: error.code, subject: error.subject };
  if (!(error instanceof ValidationFailed)) return { code: "internal", subject: "" };
  const [first] = error.faults;
  return { code: "validation_failed", subject: first === undefined ? "" : `${first.loc.join(".")}: ${first.msg}` };
}
