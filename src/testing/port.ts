import type { Definition } from "../language/definition/workflow.ts";
import type { JsonObject } from "../schemas/json/json.ts";
import type { Mocks, TestSignals } from "../schemas/test-input.ts";
import type { RunRecord } from "../storage/port.ts";

/** A run that is only tried. */
export interface Trial {
  workflow: { uuid: string; version: number; definition: Definition };
  payload: JsonObject;
  mocks: Mocks;
  signals: TestSignals;
}

/** What came of it. */
export interface TriedRun {
  /** As if it had been stored. One that waits for what never comes is `running`. */
  run: RunRecord;
  /** Seconds that the run would have taken, had its effects taken no time. */
  virtualSeconds: number;
  /** Addresses of which a mock was not used. */
  unusedMocks: string[];
}

/** Runs definitions in virtual time, without any effect. */
export interface Tester {
  /** @throws PlatformError test_too_long, overloaded */
  run(trial: Trial): Promise<TriedRun>;
}
