import type { RequestFault } from "../../errors.ts";
import type { Json } from "../../schemas/json/json.ts";
import type { Turn } from "../../storage/port.ts";
import { secondsOf } from "../definition/durations.ts";
import type { Concurrency, RateLimit } from "../definition/options.ts";
import { sha256 } from "../expressions/functions/digest.ts";
import { keyOf } from "../keys.ts";

/** Characters of a key as it is kept; a longer one is kept as its digest. */
const MAX_KEY = 100;

interface Limits {
  concurrency: Concurrency | null;
  rateLimit: RateLimit | null;
}

/** What a run with this payload, which stands at `loc`, waits for; null for nothing, or why a key of it can't be told. */
export function turnOf(
  { concurrency, rateLimit }: Limits,
  payload: Json,
  loc: RequestFault["loc"],
): Turn | { faults: RequestFault[] } | null {
  if (concurrency === null && rateLimit === null) return null;
  const [own, rated] = [concurrency?.key, rateLimit?.key].map((template) =>
    template === undefined ? { key: "" } : keyOf(template, payload),
  );
  for (const [name, key] of Object.entries({ concurrency: own, rate_limit: rated })) {
    if (key === undefined || !("fault" in key)) continue;
    return { faults: [{ loc, msg: `The key of ${name}: ${key.fault}`, type: "value_error" }] };
  }
  const rateKey = textOf(rated);
  return {
    line: concurrency === null ? `rate ${rateKey}` : `concurrency ${textOf(own)}`,
    most: concurrency?.limit ?? null,
    onLimit: concurrency?.on_limit ?? "queue",
    rate: rateLimit && {
      key: rateKey,
      most: rateLimit.limit,
      perMilliseconds: Math.ceil(secondsOf(rateLimit.per) * 1000),
    },
  };
}

function textOf(found: ReturnType<typeof keyOf> | undefined): string {
  const key = found !== undefined && "key" in found ? found.key : "";
  return key.length <= MAX_KEY ? key : sha256(new TextEncoder().encode(key));
}
