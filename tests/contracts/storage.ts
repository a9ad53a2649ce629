/**
 * What every storage has to do, whatever it is made of: one suite, run over each adapter.
 *
 * @example storageContract("memory", { open: async (clock) => openMemoryStorage(clock), takesClock: true });
 */
import { describe } from "bun:test";
import { beforeInsertContract } from "./storage/before-insert.ts";
import { bulkContract } from "./storage/bulk.ts";
import { changeContract } from "./storage/changes.ts";
import { childContract } from "./storage/children.ts";
import { claimContract } from "./storage/claims.ts";
import { controlContract } from "./storage/control.ts";
import { countsByTimeContract, countsContract, figuresContract } from "./storage/counts.ts";
import { dueContract } from "./storage/due.ts";
import { durationsContract } from "./storage/durations.ts";
import { familyContract } from "./storage/families.ts";
import { fenceContract } from "./storage/fences.ts";
import { findingContract } from "./storage/finding.ts";
import { historyContract } from "./storage/history.ts";
import { hookContract } from "./storage/hooks.ts";
import { inboxContract } from "./storage/inbox.ts";
import { checksOf, type StorageAdapter } from "./storage/kit.ts";
import { leaseContract } from "./storage/leases.ts";
import { madeChildContract } from "./storage/made-children.ts";
import { namespaceContract } from "./storage/namespaces.ts";
import { pagingContract } from "./storage/paging.ts";
import { pauseContract } from "./storage/pauses.ts";
import { preparedContract } from "./storage/prepared.ts";
import { priorityContract } from "./storage/priorities.ts";
import { progressContract } from "./storage/progress.ts";
import { raceContract } from "./storage/races.ts";
import { requestKeyContract } from "./storage/request-keys.ts";
import { retentionContract } from "./storage/retention.ts";
import { retryContract } from "./storage/retries.ts";
import { runContract } from "./storage/runs.ts";
import { scheduleContract } from "./storage/schedules.ts";
import { signalInLineContract } from "./storage/signals-in-line.ts";
import { smallProgressContract } from "./storage/small-progress.ts";
import { turnContract } from "./storage/turns.ts";
import { unclaimedContract } from "./storage/unclaimed.ts";
import { versionContract } from "./storage/versions.ts";
import { workflowContract } from "./storage/workflows.ts";

export type { StorageAdapter };

/** Declares the tests of the suite for one adapter; every test has an empty storage. */
export function storageContract(name: string, adapter: StorageAdapter): void {
  const check = checksOf(adapter);
  describe(name, () => {
    describe("workflows", () => workflowContract(check));
    describe("versions", () => versionContract(check));
    describe("changes", () => changeContract(check));
    describe("runs", () => runContract(check));
    describe("made by options", () => preparedContract(check));
    describe("keys of requests", () => requestKeyContract(check));
    describe("turns", () => turnContract(check));
    describe("executed before insert", () => beforeInsertContract(check));
    describe("executed without a claim", () => unclaimedContract(check));
    describe("claims", () => claimContract(check));
    describe("due", () => dueContract(check));
    describe("times and priorities", () => priorityContract(check));
    describe("leases", () => leaseContract(check));
    describe("control", () => controlContract(check));
    describe("retries", () => retryContract(check));
    describe("pauses", () => pauseContract(check));
    describe("children", () => childContract(check));
    describe("families", () => familyContract(check));
    describe("children made by options", () => madeChildContract(check));
    describe("inbox", () => inboxContract(check));
    describe("signals in line", () => signalInLineContract(check));
    describe("history", () => historyContract(check));
    describe("schedules", () => scheduleContract(check));
    describe("hooks", () => hookContract(check));
    describe("bulk", () => bulkContract(check));
    describe("progress", () => progressContract(check));
    describe("fences", () => fenceContract(check));
    describe("namespaces", () => namespaceContract(check));
    describe("paging", () => pagingContract(check));
    describe("counts", () => {
      countsContract(check);
      if (adapter.takesClock) countsByTimeContract(check);
    });
    describe("durations", () => durationsContract(check));
    describe("finding", () => findingContract(check));
    describe("small progress", () => smallProgressContract(check));
    describe("figures", () => figuresContract(check));
    describe("retention", () => retentionContract(check));
    describe("races", () => raceContract(check));
  });
}
