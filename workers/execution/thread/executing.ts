/** Calls connectors, and makes an outcome of anything that they throw. */
import {
  type Connector,
  type EffectConnector,
  type PureConnector,
  StepFailure,
  type Tools,
} from "../../../src/connectors/index.ts";
import type { StepOutcome } from "../../../src/engine/entries.ts";
import type { Json } from "../../../src/schemas/json/json.ts";
import type { ErrorDetails } from "../../../src/schemas/runs/run.ts";
import { describeFailure } from "../../../src/step-failures.ts";
import type { Cancellation } from "./effects/cancellation.ts";

/** Characters of an unexpected error that go into the log. */
const MAX_UNEXPECTED = 2000;

/** An effect that is to be started, or has been. */
export interface Effect {
  connector: EffectConnector;
  config: Json;
  /** How long it may take, in milliseconds; null where its step does not say. */
  timeout: number | null;
  /** Null before it is started. */
  cancellation: Cancellation | null;
}

/** How an attempt of a step ended. */
export interface Executed {
  outcome: StepOutcome;
  /** The error that a connector threw, if it was no StepFailure, as text for the log. */
  unexpected: string | null;
  /** The outcome is a connector's: its output has to be an object. */
  isConnectors: boolean;
  /** See Decision; absent for connectors. */
  inner?: ErrorDetails | null;
  taken?: number;
}

export function executePure(connector: PureConnector, config: Json): Executed {
  try {
    return { outcome: { output: connector.run(config) }, unexpected: null, isConnectors: true };
  } catch (error) {
    return failureOf(connector, error);
  }
}

export async function executeEffect(connector: EffectConnector, config: Json, tools: Tools): Promise<Executed> {
  try {
    return { outcome: { output: await connector.run(config, tools) }, unexpected: null, isConnectors: true };
  } catch (error) {
    return failureOf(connector, error);
  }
}

export function textOfThrown(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
  return text.slice(0, MAX_UNEXPECTED);
}

/** The failure of a step: the sentence of a StepFailure, or ours for any other error, which goes into the log. */
function failureOf({ type }: Connector, error: unknown): Executed {
  if (error instanceof StepFailure) {
    const { code, message, output, details } = error;
    return {
      outcome: { code, error: message, output, ...(details !== null && { details }) },
      unexpected: null,
      isConnectors: true,
    };
  }
  const outcome = { ...describeFailure("unexpected", { type }), output: null };
  return { outcome, unexpected: textOfThrown(error), isConnectors: true };
}
