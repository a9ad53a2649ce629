/** Holds what is stored, sent and recorded against the client's ledger, and says all that is wrong with it. */
import { join } from "node:path";
import type { Sql } from "postgres";
import { faultOf } from "../harness/crash-workflows.ts";
import type { Deployment } from "./deployment/deployment.ts";
import { type Completed, completedEvents } from "./deployment/events.ts";
import type { Attempt, Sink } from "./deployment/sink.ts";
import { familyFaults } from "./families.ts";
import { finalChanges } from "./final.ts";
import type { Constructs } from "./load/constructs.ts";
import { kindOf, type Made } from "./load/kinds.ts";
import { type RequestLine, readLedger } from "./load/ledger.ts";
import type { Row } from "./load/row.ts";
import { recordedTwice } from "./recorded-twice.ts";
import { untilAllSent } from "./until-all.ts";

const PAGE = 2000;
const SHOWN = 20;

export interface Judged {
  deployment: Deployment;
  kinds: readonly Made[];
  sink: Sink;
  /** Where load.ledger is. */
  folder: string;
  /** Completed events that the broker had before its log was wiped. */
  earlierEvents?: Completed[];
  /** Where kinds of them are among the load. */
  constructs?: Constructs | null;
  /** Workflows whose runs the load did not trigger: how many there are of these is told elsewhere. */
  others?: string[];
}

export interface Verdict {
  /** Runs in the database, all ended. */
  runs: number;
  /** Of them those that were answered 200. */
  accepted: number;
  /** Runs that are there although their client got no 200. */
  unanswered: number;
  webhooks: number;
  /** Attempts of webhooks above one each. */
  repeated: number;
  events: number;
  /** How long it took until all events were sent, once every run had ended. */
  eventsMs: number;
  /** All that is wrong, the first of each kind; a clean verdict has none. */
  faults: string[];
}

/** To be called when every run has ended; waits until their completed events are sent. */
export async function judge({
  deployment,
  kinds,
  sink,
  folder,
  earlierEvents = [],
  constructs = null,
  others = [],
}: Judged): Promise<Verdict> {
  const { sql, services, name } = deployment;
  const eventsMs = await untilAllSent(sql);
  const requests = readLedger<RequestLine>(join(folder, "load.ledger"));
  const answered = new Map(
    requests.flatMap((line) => (acceptedRun(line) === null ? [] : [[line.n, acceptedRun(line)]])),
  );
  const sent = new Set(requests.map(({ n }) => n));
  const came = sink.attempts();
  const attempts = Map.groupBy(came, ({ id }) => id);
  const stepsOf = Map.groupBy(came, ({ run }) => run);
  const events = [...earlierEvents, ...(await completedEvents(services.kafka, `${name}.completed`))];
  const eventsOf = Map.groupBy(events, ({ run }) => run);
  const found = new Map<number, string>();
  const faults = new Faults();
  for await (const row of rowsOf(sql, others)) {
    const { uuid, n } = row;
    const blame = (sort: string, what: string | null) => {
      if (what !== null) faults.add(sort, `run ${uuid} (n ${n}) ${what}; it is ${JSON.stringify(row)}`);
    };
    blame("doubled", found.has(n) ? `has the n of ${found.get(n)}` : null);
    found.set(n, uuid);
    blame("made up", sent.has(n) ? null : "was never asked for");
    const kind = kindOf(kinds, n);
    blame("wrong", kind.fault === undefined ? faultOf(row, kind.expected(n)) : kind.fault(row));
    const webhooks = webhooksOf(kind, n);
    for (const [path, step] of webhooks) blame("webhook", webhookFault(row, step, attempts.get(`${uuid}:${path}`)));
    const other = stepsOf.get(uuid)?.find(({ step }) => !webhooks.has(step));
    blame("webhook", other === undefined ? null : `called ${other.path} as ${other.id}`);
    blame("event", eventFault(row, eventsOf.get(uuid)));
  }
  for (const [n, runId] of answered) {
    if (found.get(n) !== runId) faults.add("lost", `n ${n} was answered 200 with ${runId}; its row is ${found.get(n)}`);
  }
  for (const fault of unknownIds(came)) faults.add("webhook-id", fault);
  for (const fault of constructs === null ? [] : await familyFaults(sql, constructs, came)) faults.add("family", fault);
  for (const fault of await finalChanges(sql)) faults.add("changed", fault);
  for (const fault of await recordedTwice(sql)) faults.add("recorded twice", fault);
  const all = [...attempts.values()];
  return {
    runs: found.size,
    accepted: answered.size,
    unanswered: found.size - answered.size,
    webhooks: all.length,
    repeated: all.reduce((sum, { length }) => sum + length - 1, 0),
    events: events.length,
    eventsMs: Math.round(eventsMs),
    faults: faults.list(),
  };
}

/** The first few of each sort, and how many there were. */
class Faults {
  readonly #sorts = new Map<string, string[]>();

  add(sort: string, what: string): void {
    const all = this.#sorts.get(sort) ?? [];
    all.push(what);
    this.#sorts.set(sort, all);
  }

  list(): string[] {
    return [...this.#sorts].flatMap(([sort, all]) => [`${sort}: ${all.length}`, ...all.slice(0, SHOWN)]);
  }
}

function acceptedRun(line: RequestLine): string | null {
  return line.kind === "answered" && line.status === 200 ? line.runId : null;
}

async function* rowsOf(sql: Sql, others: string[]): AsyncGenerator<Row> {
  const pages = sql<Row[]>`select uuid, (payload->>'n')::integer as n, status, error, completed_at::text,
    step_results, output from workflow_runs where parent_path is null and workflow_id::text not in (select json_array_elements_text(${JSON.stringify(others)}::text::json)) order by uuid`.cursor(
    PAGE,
  );
  for await (const page of pages) yield* page;
}

/** At least once, with nothing sent again once the result was there. */
function webhookFault({ step_results }: Row, step: string, attempts: Attempt[] = []): string | null {
  if (attempts.length === 0) return `never called its webhook ${step}`;
  if (new Set(attempts.map(({ path, n }) => `${path} ${n}`)).size > 1) return `called ${step} in different ways`;
  return step_results === null ? "has no results" : null;
}

function eventFault({ status, error }: Row, events: Completed[] = []): string | null {
  if (events.length === 0) return "has no completed event";
  const other = events.find((event) => event.status !== status || event.error !== error);
  return other === undefined ? null : `has the completed event ${JSON.stringify(other)}`;
}

function webhooksOf({ webhooks, webhooksOf }: Made, n: number): ReadonlyMap<string, string> {
  return webhooksOf?.(n) ?? new Map([...webhooks].map(([path, name]) => [String(path), name]));
}

/** One webhook-id for each step of each run, on every attempt; each attempt of a container has others. */
function unknownIds(attempts: Attempt[]): string[] {
  const own = attempts.filter(({ path }) => path !== "/flaky" && !path.startsWith("/child-"));
  const ids = Map.groupBy(own, ({ path, n }) => `${path} of n ${n}`);
  return [...ids].flatMap(([step, all]) => {
    const different = new Set(all.map(({ id }) => id));
    return different.size === 1 ? [] : [`${step} came as ${[...different].join(", ")}`];
  });
}
