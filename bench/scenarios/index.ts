import type { Outcome, Session } from "../scenario.ts";
import { automation } from "./automation.ts";
import { batch } from "./batch.ts";
import { chain } from "./chain.ts";
import { cost } from "./cost.ts";
import { delay } from "./delay.ts";
import { expressions } from "./expressions.ts";
import { flow } from "./flow.ts";
import { hanging } from "./hanging.ts";
import { latency } from "./latency.ts";
import { limits } from "./limits.ts";
import { long } from "./long.ts";
import { replies } from "./replies.ts";
import { retention } from "./retention.ts";
import { runs } from "./runs.ts";
import { shortcuts } from "./shortcuts.ts";
import { size } from "./size.ts";
import { snapshot } from "./snapshot.ts";
import { soak } from "./soak.ts";
import { stall } from "./stall.ts";
import { watchers } from "./watchers.ts";
import { webhook } from "./webhook.ts";

/** By name, in the order in which a usage lists them. */
export const SCENARIOS: Record<string, (session: Session) => Promise<Outcome>> = {
  limits,
  flow,
  runs,
  cost,
  latency,
  delay,
  webhook,
  chain,
  automation,
  long,
  hanging,
  replies,
  expressions,
  retention,
  stall,
  soak,
  snapshot,
  size,
  shortcuts,
  batch,
  watchers,
};
/** Those that run where none is named. */
export const USUAL = ["limits", "flow", "runs", "cost", "latency", "delay", "webhook", "chain", "automation", "stall"];
/** What says little of the stack, whose `/health` is other processes' than the workers': there it runs when named. */
export const USUAL_ON_STACK = USUAL.filter((name) => name !== "stall");
