/** What the doctor looks at. */
import packageJson from "../../../package.json" with { type: "json" };
import { ApiError, type Client, ConnectionError } from "../../client/index.ts";
import { durationText } from "../terminal.ts";

export interface Finding {
  state: "ok" | "warning" | "wrong";
  about: string;
  /** What to do. */
  advice?: string;
  /** Nothing else can be looked at: there is no platform. */
  isLast?: true;
  /** Nothing else can be looked at: it answers, but not this. */
  isRest?: true;
}

interface Patient {
  client: Client;
  url: string;
  signal: AbortSignal;
}

type Check = (patient: Patient) => Promise<Finding[]>;

const MOST_SKEW_SECONDS = 5;
const SLOW_MILLISECONDS = 1000;
/** A due run that nobody has taken for so long waits for a worker. */
const LATE_SECONDS = 60;
/** Of the ends of the last hour. */
const MANY_FAILED = 0.1;

const PARTS: Record<string, string> = {
  kafka: "Runs go on, by looks into the database; see that the brokers of KAFKA_BOOTSTRAP_SERVERS are up",
  redis: "Reads are slower; see that the server of REDIS_HOST is up",
  replica: "Reads go to the primary; see that the server of POSTGRES_REPLICA_HOST is up",
  postgres: "Nothing can be stored; see that the server of POSTGRES_HOST is up, and takes connections",
  sqlite: "Nothing can be stored; see that the disk of DATA_DIR has room, and may be written",
};

export const CHECKS: readonly Check[] = [bun, answers, parts, processes, late, failures, schedules];

async function bun(): Promise<Finding[]> {
  const wanted = packageJson.engines.bun;
  if (Bun.semver.satisfies(Bun.version, wanted)) return [{ state: "ok", about: `Bun ${Bun.version}` }];
  return [{ state: "wrong", about: `Bun ${Bun.version} runs this, and ${wanted} is needed`, advice: "`bun upgrade`" }];
}

async function answers({ client, url, signal }: Patient): Promise<Finding[]> {
  const begin = performance.now();
  let there: Date | null;
  try {
    there = await client.time({ signal });
  } catch (error) {
    if (error instanceof ConnectionError) {
      const advice = "Start one with `wf dev` or `make start`, or say where it is with --url or WF_URL";
      return [{ state: "wrong", about: `No platform answers at ${url}`, advice, isLast: true }];
    }
    if (!(error instanceof ApiError)) throw error;
    const advice = "Something answers there that is no platform, or refuses this name: see PUBLIC_HOSTS";
    return [{ state: "wrong", about: `${url} answers ${error.status}: ${error.message}`, advice, isLast: true }];
  }
  const took = performance.now() - begin;
  const slow = took > SLOW_MILLISECONDS;
  const found: Finding[] = [
    {
      state: slow ? "warning" : "ok",
      about: `${url} answers in ${durationText(took)}`,
      ...(slow ? { advice: "See whether its machine is busy, or the way there is long" } : {}),
    },
  ];
  const skew = there === null ? 0 : (Date.now() - there.getTime()) / 1000;
  if (Math.abs(skew) > MOST_SKEW_SECONDS) {
    found.push({
      state: "warning",
      about: `Its clock and the one here are ${Math.round(Math.abs(skew))} s apart`,
      advice: "Set both by NTP: delays and schedules go by its clock, signatures of hooks by that of their senders",
    });
  }
  return found;
}

async function parts({ client, signal }: Patient): Promise<Finding[]> {
  try {
    const { parts: states, breakers } = await client.ready({ signal });
    const bad = Object.entries(states).filter(([, state]) => state !== "up");
    const open = Object.entries(breakers).filter(([name, state]) => state !== "closed" && states[name] === "up");
    return [
      { state: "ok", about: `It can do its work: ${Object.keys(states).join(", ")}` },
      ...bad.map(([name, state]) => finding("warning", `${name} is ${state}`, PARTS[name])),
      ...open.map(([name, state]) =>
        finding("warning", `The breaker of ${name} is ${state}`, "It was out of reach a moment ago"),
      ),
    ];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const out = Object.keys(PARTS).find((name) => error.message.includes(name));
    return [finding("wrong", `It can't do its work: ${error.message}`, PARTS[out ?? ""])];
  }
}

/** Who serves the API, and who executes runs. */
async function processes({ client, signal }: Patient): Promise<Finding[]> {
  const { workers, apis } = await client.system({ signal });
  // Why the database can't be asked was said before.
  if (workers === null || apis === null) return [];
  if (workers.length === 0) {
    return [
      finding("wrong", "There is no worker: runs wait until one is started", "`bun run worker`, or `make start`"),
    ];
  }
  const versions = [...new Set([...apis, ...workers].map(({ version }) => version ?? "unknown"))].sort();
  const about = `${apis.length} API ${apis.length === 1 ? "process" : "processes"} and ${workers.length} ${workers.length === 1 ? "worker" : "workers"}, version ${versions.join(", ")}`;
  if (versions.length === 1) return [{ state: "ok", about }];
  return [finding("warning", about, "Start those of an older version anew, once the new one does well")];
}

/** Runs whose trigger asked for a later time, and those that wait for their turn, wait for no worker. */
export async function late({ client, signal }: Patient): Promise<Finding[]> {
  const { queue } = await client.system({ signal });
  // Why the database can't be asked was said before.
  if (queue === null) return [];
  if (queue.oldest_due_seconds < LATE_SECONDS) {
    return [{ state: "ok", about: "No run waits for a worker" }];
  }
  const seconds = Math.floor(queue.oldest_due_seconds);
  const about = `Due runs wait for a worker, the first of them for ${seconds} s`;
  return [finding("warning", about, "See that workers run, and have room: `bun run worker`")];
}

async function failures({ client, signal }: Patient): Promise<Finding[]> {
  const { total, workflows } = await client.stats("1h", { signal });
  const ended = total.success + total.failed + total.cancelled;
  if (total.failed === 0) return [{ state: "ok", about: `No run of ${ended} failed within the last hour` }];
  const about = `${total.failed} of ${ended} runs failed within the last hour`;
  const worst = workflows.find(({ failed }) => failed > 0);
  const name = worst?.id ?? worst?.uuid ?? "";
  const advice = `Most of ${name}: \`wf runs --status failed --since 1h --workflow ${name}\``;
  return [total.failed / ended < MANY_FAILED ? { state: "ok", about } : finding("warning", about, advice)];
}

async function schedules({ client, signal }: Patient): Promise<Finding[]> {
  const found: Finding[] = [];
  let count = 0;
  for await (const { id, paused, next_runs, last_skipped } of client.schedules.list({ signal })) {
    count++;
    if (!paused && next_runs.length === 0) {
      found.push(
        finding(
          "warning",
          `Schedule ${id} will never fire again`,
          "Its ends_at is past: change it, or delete the schedule",
        ),
      );
    }
    if (last_skipped !== null && last_skipped.reason !== "overlap") {
      found.push(
        finding(
          "warning",
          `Schedule ${id} skipped ${last_skipped.scheduled_at}: ${last_skipped.reason}`,
          "See docs/schedules.md for the reasons",
        ),
      );
    }
  }
  return found.length > 0 ? found : [{ state: "ok", about: `${count} schedules fire as they are to` }];
}

function finding(state: Finding["state"], about: string, advice?: string): Finding {
  return advice === undefined ? { state, about } : { state, about, advice };
}
