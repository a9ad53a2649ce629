import { ask } from "../load/api.ts";
import { BOMBS } from "../load/bombs.ts";
import type { Target } from "../platform/target.ts";
import type { Outcome, Session } from "../scenario.ts";

const ROUNDS = 5;
/** A usual condition, evaluated so often in one request. */
const CONDITIONS = 20_000;
const CONDITION = `range(${CONDITIONS}).all(i, x.tier == "gold" && x.total > 100)`;
const NOTHING = `range(${CONDITIONS}).size() > 0`;

interface Ended {
  name: string;
  milliseconds: number;
}

/** Expressions that were written to take long, each less what a request with the same context takes; and a usual one. */
export async function expressions(session: Session): Promise<Outcome> {
  return session.withPlatform(async ({ target }) => {
    session.progress(`expressions: ${BOMBS.length} that were written to take long, ${ROUNDS} times each`);
    const ended: Ended[] = [];
    for (const { name, expression, x } of BOMBS) {
      ended.push({ name, milliseconds: await differenceOf(target, expression, "true", x) });
    }
    ended.sort((one, other) => other.milliseconds - one.milliseconds);
    const condition = await differenceOf(target, CONDITION, NOTHING, { tier: "gold", total: 120 });
    return {
      tables: [
        {
          title: `expressions: ${BOMBS.length} that were written to take long`,
          rows: [
            {
              figure: "the slowest, by the median of five",
              ours: ended[0]?.milliseconds ?? 0,
              unit: "ms",
              better: "lower",
              floor: session.floor("bomb_ms"),
            },
            {
              figure: "a condition of two comparisons",
              ours: (1000 * condition) / CONDITIONS,
              unit: "µs",
              better: "lower",
              floor: session.floor("condition_us"),
            },
          ],
          notes: ended.slice(0, 5).map(({ name, milliseconds }) => `${name}: ${milliseconds.toFixed(1)} ms`),
        },
      ],
      columns: [],
      measured: { ended, condition },
    };
  });
}

/** Milliseconds that one expression takes more than another over the same context, by the medians of all rounds. */
async function differenceOf(target: Target, expression: string, plain: string, x: unknown): Promise<number> {
  const long: number[] = [];
  const short: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    short.push(await timeOf(target, plain, x));
    long.push(await timeOf(target, expression, x));
  }
  return Math.max(0, median(long) - median(short));
}

async function timeOf(target: Target, expression: string, x: unknown): Promise<number> {
  const start = performance.now();
  await ask(target, "POST", "/api/v1/expressions/evaluate", { expression, context: { x } }).catch((error: unknown) => {
    // Most are refused, for what they cost.
    if (!String(error).includes(" answered 422: ")) throw error;
  });
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
