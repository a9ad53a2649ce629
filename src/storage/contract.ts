/**
 * What every storage has to do, whatever it is made of: one suite, run over each adapter.
 *
 * @example storageContract("memory", { open: async (clock) => openMemoryStorage(clock), takesClock: true });
 */
import { describe } from "bun:test";
import { aheadContract } from "./contract/ahead.ts";
import { claimContract } from "./contract/claims.ts";
import { controlContract } from "./contract/control.ts";
import { dueContract } from "./contract/due.ts";
import { fenceContract } from "./contract/fences.ts";
import { freshContract } from "./contract/fresh.ts";
import { checksOf, type StorageAdapter } from "./contract/kit.ts";
import { leaseContract } from "./contract/leases.ts";
import { pagingContract } from "./contract/paging.ts";
import { progressContract } from "./contract/progress.ts";
import { raceContract } from "./contract/races.ts";
import { runContract } from "./contract/runs.ts";
import { versionContract } from "./contract/versions.ts";
import { workflowContract } from "./contract/workflows.ts";

export type { StorageAdapter };

/** Declares the tests of the suite for one adapter; every test has an empty storage. */
export function storageContract(name: string, adapter: StorageAdapter): void {
  const check = checksOf(adapter);
  describe(name, () => {
    describe("workflows", () => workflowContract(check));
    describe("versions", () => versionContract(check));
    describe("runs", () => runContract(check));
    describe("executed ahead", () => aheadContract(check));
    describe("executed without a claim", () => freshContract(check));
    describe("claims", () => claimContract(check));
    describe("due", () => dueContract(check));
    describe("leases", () => leaseContract(check));
    describe("control", () => controlContract(check));
    describe("progress", () => progressContract(check));
    describe("fences", () => fenceContract(check));
    describe("paging", () => pagingContract(check));
    describe("races", () => raceContract(check));
  });
}
