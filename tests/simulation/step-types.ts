/** The step types of the simulation. */
import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { type Connector, defineConnector, loadStepTypes, type StepTypes } from "../../src/connectors/index.ts";

/** An effect as the simulation sees it: it takes time, is written in the world's ledger, and may fail. */
const effect = defineConnector({
  type: "effect",
  kind: "effect",
  description: "Acts on the simulated world.",
  config: Type.Object({ fails: Type.Boolean() }),
  host: ({ fails }) => (fails ? "broken.example" : "world.example"),
  async run({ fails }, tools) {
    const request = { url: tools.idempotencyKey, method: "POST", headers: [], ownHeaders: [], body: null, follow: 0 };
    await tools.fetch(request);
    if (fails) throw new Error("the world said no");
    return { type: "effect" };
  },
});

/** A step under which every thread dies. */
const poison = defineConnector({
  type: "poison",
  kind: "pure",
  description: "Kills its thread; the simulation does it.",
  config: Type.Object({}),
  run: () => {
    taken = "thread";
    return {};
  },
});
/** A step under which every process dies. */
const deadly = defineConnector({
  type: "deadly",
  kind: "pure",
  description: "Kills its process; the simulation does it.",
  config: Type.Object({}),
  run: () => {
    taken = "process";
    return {};
  },
});
let taken: "thread" | "process" | null = null;

/** What a step has killed since it was last asked; null for nothing. */
export function killed(): "thread" | "process" | null {
  const victim = taken;
  taken = null;
  return victim;
}

export async function simulatedStepTypes(): Promise<StepTypes> {
  const types = new Map(await loadStepTypes());
  const more: Connector[] = [effect, poison, deadly];
  for (const connector of more)
    types.set(connector.type, { connector, validator: TypeCompiler.Compile(connector.config) });
  return types;
}

/** What an effect is answered. */
export const REPLY = {
  status: 200,
  url: "",
  redirects: 0,
  location: null,
  retryAfter: null,
  data: "",
  faults: { count: 0, first: [] },
};
