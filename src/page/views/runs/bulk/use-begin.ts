import { useState } from "preact/hooks";
import type { BulkAction } from "../../../../client/bulk.ts";
import type { RunFilter } from "../../../../client/client.ts";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import type { Problem } from "../../../data/problem.ts";

interface Begun {
  /** Of the action, once it is on disk. */
  id: string | null;
  isBusy: boolean;
  problem: Problem | null;
  begin(): void;
}

/** Begins an action upon all runs that fit: once, however often it is clicked. */
export function useBegin(action: BulkAction, filter: RunFilter): Begun {
  const [id, setId] = useState<string | null>(null);
  const { run, isBusy, problem } = useDoing(async () => setId((await platform.runs.startBulk(action, filter)).id));
  return { id, isBusy, problem, begin: run };
}
