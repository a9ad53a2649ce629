import type { Pool } from "../../../db/postgres/pool.ts";
import { isUuid } from "../../../ids.ts";
import { type InboxRow, sizeOf } from "../../../schemas/log/inbox.ts";
import { CLAIMS_IN_ORDER } from "../../port/runs/priorities.ts";
import type { Claim, ClaimedRun, DueClaim, MessageClaim } from "../../port.ts";
import type { Inbox } from "../inbox.ts";
import { boundsOf, runsText } from "../statement.ts";
import type { DueLooks } from "./due-looks.ts";
import { CLAIM_BY_MESSAGE, CLAIM_BY_PRIORITY, CLAIM_DUE, CLAIM_DUE_BEGUN, LOGS } from "./statements.ts";

/** `came`: how many things came into its inbox. */
type ClaimedRow = Omit<ClaimedRun, "log" | "inbox"> & { came: number; position: number };

/** Claims of runs. */
export class Claims {
  readonly #pool: Pool;
  readonly #looks: DueLooks;
  readonly #inbox: Inbox;
  #dueClaims = 0;
  /** At how many runs that are due the next claim looks at most. */
  #most = Number.POSITIVE_INFINITY;

  constructor(pool: Pool, looks: DueLooks, inbox: Inbox) {
    this.#pool = pool;
    this.#looks = looks;
    this.#inbox = inbox;
  }

  byMessage({ runs, ...mark }: MessageClaim): Promise<ClaimedRun[]> {
    const wanted = runs.filter(({ uuid }) => isUuid(uuid));
    return wanted.length === 0
      ? Promise.resolve([])
      : this.#claim(CLAIM_BY_MESSAGE.call, mark, runsText(wanted), ...boundsOf(wanted.map(({ uuid }) => uuid)));
  }

  /** A claim reads the payloads of all that it looks at: after one that had no room for more of them, 500 of 60 KB took 0.8 s for each 70. */
  async due(claim: DueClaim): Promise<ClaimedRun[]> {
    const claimed = await this.#due({ ...claim, limit: Math.min(claim.limit, this.#most) });
    const bytes = claimed.reduce(
      (sum, { payload, log, inbox }) => sum + payload.length + log.length + sizeOf(inbox),
      0,
    );
    const isFull = claimed.length > 0 && bytes >= claim.maxBytes / 2;
    this.#most = isFull ? 2 * claimed.length : Number.POSITIVE_INFINITY;
    return claimed;
  }

  async #due(claim: DueClaim): Promise<ClaimedRun[]> {
    if (!this.#looks.isRanked) return this.#inOrder(claim);
    const { limit, patienceMilliseconds, ...mark } = claim;
    const byPriority = () => this.#claim(CLAIM_BY_PRIORITY.call, mark, limit, this.#looks.floor, patienceMilliseconds);
    const ways = [byPriority, () => this.#inOrder(claim)];
    if (++this.#dueClaims % CLAIMS_IN_ORDER === 0) ways.reverse();
    for (const way of ways) {
      const claimed = await way();
      if (claimed.length > 0) return claimed;
    }
    return [];
  }

  /** Those that fell due first. */
  async #inOrder({ limit, patienceMilliseconds, ...mark }: DueClaim): Promise<ClaimedRun[]> {
    if (patienceMilliseconds > 0) {
      const begun = await this.#claim(CLAIM_DUE_BEGUN.call, mark, limit, this.#looks.floor);
      if (begun.length > 0) return begun;
    }
    return this.#claim(CLAIM_DUE.call, mark, limit, this.#looks.floor, patienceMilliseconds);
  }

  async #claim(
    text: string,
    { worker, claimId, maxBytes }: Claim,
    ...rest: (string | number)[]
  ): Promise<ClaimedRun[]> {
    const parameters = [worker, claimId, maxBytes, ...rest];
    const rows = await this.#pool.run<ClaimedRow | { uuid: null }>(text, parameters);
    const claimed = rows.filter((row) => row.uuid !== null).sort((first, second) => first.position - second.position);
    // Due runs may stand behind the overdue events that were moved.
    if (claimed.length === 0 && rows.length > 0) return this.#claim(text, { worker, claimId, maxBytes }, ...rest);
    const logs = await this.#logs(claimed.filter(({ logLength }) => logLength > 0).map(({ uuid }) => uuid));
    const inboxes = await this.#inboxes(claimed.filter(({ came }) => came > 0).map(({ uuid }) => uuid));
    return claimed.map(({ position: _, came: __, ...run }) => {
      return { ...run, log: logs.get(run.uuid) ?? "[]", inbox: inboxes.get(run.uuid) ?? [] };
    });
  }

  async #inboxes(uuids: string[]): Promise<Map<string, InboxRow[]>> {
    const found = await this.#inbox.find(uuids.map((uuid) => ({ uuid, after: 0 })));
    return new Map(uuids.map((uuid, index) => [uuid, found[index] ?? []]));
  }

  async #logs(uuids: string[]): Promise<Map<string, string>> {
    if (uuids.length === 0) return new Map();
    const rows = await this.#pool.run<{ uuid: string; log: string }>(LOGS.call, [
      JSON.stringify(uuids),
      ...boundsOf(uuids),
    ]);
    return new Map(rows.map(({ uuid, log }) => [uuid, log]));
  }
}
