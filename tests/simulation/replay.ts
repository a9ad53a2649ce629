/** Plays one seed and prints its trace: `bun tests/simulation/replay.ts SEED`. */
import { simulate } from "./simulate.ts";
import { simulatedStepTypes } from "./step-types.ts";

const seed = Number(process.argv[2]);
const { trace, violations, counts } = await simulate(seed, await simulatedStepTypes());
for (const line of trace) console.log(line);
console.log(JSON.stringify(counts));
console.log(violations.length === 0 ? "no violations" : violations.join("\n"));
process.exit(violations.length === 0 ? 0 : 1);
