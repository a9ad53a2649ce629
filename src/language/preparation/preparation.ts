/** What a version of a workflow says about a run before it is stored, and the run that comes of it. */
import type { RequestFault } from "../../errors.ts";
import type { JsonObject } from "../../schemas/json/json.ts";
import type { MadeRun, NewRun, Version } from "../../storage/port.ts";
import { type Concurrency, MAX_TAGS, type RateLimit } from "../definition/options.ts";
import type { Definition } from "../definition/workflow.ts";
import { faultsOfValue, withDefaults } from "../json-schema/index.ts";
import { turnOf } from "./turns.ts";

export interface Preparation {
  input: JsonObject | null;
  /** Each once. */
  tags: string[];
  concurrency: Concurrency | null;
  rateLimit: RateLimit | null;
  /** Characters of the definition. */
  size: number;
}

/** What of a run depends on the options of its workflow. */
export type Prepared = Pick<NewRun, "payload"> & Required<Pick<MadeRun, "preparedFor">> & Omit<MadeRun, "preparedFor">;

/** What a run is asked for with. */
export interface Asked {
  payload: JsonObject;
  /** Beside those of its definition; none where this is left out. */
  tags?: readonly string[];
}

/** `text`: JSON of a definition. */
export function preparationOf(text: string): Preparation {
  const { input, tags = [], concurrency, rate_limit }: Definition = JSON.parse(text);
  return {
    input: input ?? null,
    tags: [...new Set(tags)],
    concurrency: concurrency ?? null,
    rateLimit: rate_limit ?? null,
    size: text.length,
  };
}

/** A run of a version, or the faults of what it is asked for with; `loc` is where its payload and its tags stand. */
export function prepared(
  { input, tags: own, ...limits }: Preparation,
  { workflowUuid, version }: Version,
  { payload, tags: more = [] }: Asked,
  loc: RequestFault["loc"],
): Prepared | { faults: RequestFault[] } {
  const at = [...loc, "payload"];
  const filled = input === null ? payload : withDefaults(input, payload);
  const faults = input === null ? [] : faultsOfValue(input, filled, at);
  const tags = [...new Set([...own, ...more])];
  if (tags.length > MAX_TAGS) {
    const msg = `With those of the workflow these are ${tags.length} tags; a run has ${MAX_TAGS} at most`;
    faults.push({ loc: [...loc, "tags"], msg, type: "too_long" });
  }
  if (faults.length > 0) return { faults };
  const turn = turnOf(limits, filled, at);
  if (turn !== null && "faults" in turn) return turn;
  return {
    payload: JSON.stringify(filled),
    ...(tags.length > 0 && { tags: JSON.stringify(tags) }),
    preparedFor: { workflowUuid, version },
    ...(turn !== null && { turn }),
  };
}
