import type { Target } from "../platform/target.ts";
import { ask } from "./api.ts";

interface Ledger {
  /** How often each webhook-id came. */
  ids: Record<string, number>;
  /** Calls without one: the original's. */
  nameless: number;
}

/** What a sink has seen of some runs. */
export interface Seen {
  /** Webhooks that never came. */
  never: number;
  /** Webhooks that came again after the first time. */
  again: number;
  notes: string[];
}

/** What the sink has seen of these runs, each with so many webhooks. A webhook-id begins with the run's uuid. */
export async function seenBySink(sink: Target, uuids: string[], webhooks: number): Promise<Seen> {
  const { ids, nameless } = await ask<Ledger>(sink, "GET", "/ledger");
  if (nameless > 0) {
    // Without an id only their number can be judged.
    const note = `${nameless} webhooks came without a webhook-id: they are counted, not told apart`;
    const surplus = nameless - uuids.length * webhooks;
    return { never: Math.max(0, -surplus), again: Math.max(0, surplus), notes: [note] };
  }
  const seen: Seen = { never: 0, again: 0, notes: [] };
  const ofRun = new Map(uuids.map((uuid) => [uuid, 0]));
  for (const [id, count] of Object.entries(ids)) {
    const uuid = id.split(":", 1)[0] ?? "";
    const came = ofRun.get(uuid);
    if (came === undefined) continue;
    ofRun.set(uuid, came + 1);
    seen.again += count - 1;
  }
  for (const came of ofRun.values()) seen.never += Math.max(0, webhooks - came);
  return seen;
}
