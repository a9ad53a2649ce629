import type { FailedAttempt } from "../../../../schemas/lists/step-query.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import type { ShownRun } from "../shown-run.ts";

/** Of more steps the attempts have no bars of their own: each would be a request. */
const MOST = 12;

/**
 * What the failed attempts of the first steps that were tried again came to, by the addresses of these.
 *
 * @param isWanted nothing is read where it is false
 */
export function useAttempts(
  { run }: Pick<ShownRun, "run">,
  isWanted: boolean,
): ReadonlyMap<string, readonly FailedAttempt[]> {
  const tried = isWanted ? run.steps.filter(({ attempts }) => attempts !== undefined).slice(0, MOST) : [];
  const key = tried.map(({ address, attempts }) => `${address} ${attempts}`).join("\n");
  const reading = useReading(`attempts ${run.uuid} ${run.status} ${key}`, async (signal) => {
    const found = tried.map(async ({ address }) => {
      const handle = platform.runs.handle(run.uuid);
      const { failed_attempts = [] } = await handle.step(address, { outputLimit: 0, inputLimit: 0, signal });
      return [address, failed_attempts] as const;
    });
    return new Map(await Promise.all(found));
  });
  return reading.state.value.value ?? NONE;
}

const NONE = new Map<string, readonly FailedAttempt[]>();
