import type { EffectConnector, PureConnector } from "../../../connectors/index.ts";
import type { Json } from "../../../schemas/json/json.ts";
import type { LogEntry } from "../../../schemas/log/log.ts";
import type { ChildOfStep } from "../../../schemas/runs/child.ts";
import type { EndedStatus, ErrorDetails } from "../../../schemas/runs/run.ts";
import type { StepOutcome } from "../../entries.ts";
import type { Children } from "../../state/children.ts";
import type { Inbox } from "../../state/inbox.ts";
import type { Meter } from "../../state/scope.ts";
import type { BlockState } from "../../state/state.ts";

/** The next thing that a run has to do. */
export type Decision =
  /**
   * Record this entry and decide again. `child`: a run that is stored with it. `inside`: entries to record before it, of steps within
   * one that is kept.
   */
  | { kind: "record"; entry: LogEntry; child?: ChildOfStep; inside?: readonly LogEntry[] }
  /** A step's attempt, or its handler, ended: record its outcome and decide again. `unexpected`: an error of a connector, for the log. */
  | {
      kind: "settle";
      block: BlockState;
      outcome: StepOutcome;
      inner?: ErrorDetails | null;
      unexpected?: unknown;
      /** The `seq` of what it takes from the inbox. */
      taken?: number;
    }
  /** Execute the connector with this config and record how it ended; an effect may take its time meanwhile. */
  | {
      kind: "execute";
      block: BlockState;
      path: string;
      /** It has an entry already. */
      hasBegun: boolean;
      connector: PureConnector | EffectConnector;
      config: Json;
      /** How long an effect may take, in milliseconds; null where its step does not say. */
      timeout: number | null;
    }
  | Waiting
  | Ending;

/** The run is over. */
export interface Ending {
  kind: "end";
  status: EndedStatus;
  error: string | null;
  /** What it gives; absent where its definition does not say. */
  output?: Json;
  /** Its error as an object; absent for plain steps. */
  details?: ErrorDetails;
}

/** Nothing to do now but to wait for effects under way, or for a time. */
interface Waiting {
  kind: "wait";
  /** When there is more to do even if no effect ends, milliseconds since the epoch; null for never. */
  wakeAt: number | null;
}

/** The paths of effects that were decided before and are not over. */
export interface UnderWay {
  has(path: string): boolean;
}

/** What a decision is asked with. */
export interface Asked {
  now: number;
  underWay: UnderWay;
  meter: Meter;
  inbox: Pick<Inbox, "givenTo" | "endOf">;
  children: Pick<Children, "count">;
  kept: ReadonlyMap<string, readonly LogEntry[]>;
}
