/** The mix of workflows that the load triggers, and what each run of them comes to, whatever fails meanwhile. */

import { crashKinds, type Kind } from "../../harness/crash-workflows.ts";
import type { Client } from "../../harness/http/client.ts";
import { expectReply } from "../../harness/http/expect.ts";
import { textAt } from "../../harness/http/json.ts";
import type { Sink } from "../deployment/sink.ts";
import type { Row } from "./row.ts";

/** A kind of run, and the workflow that was made for it. */
export interface Made extends Kind {
  workflow: string;
  /** Names of the webhooks of run n by their paths, where these are not at the top alone. */
  webhooksOf?(n: number): ReadonlyMap<string, string>;
  /** What is wrong with how a run ended, in place of `expected`; null for nothing. */
  fault?(row: Row): string | null;
}

/** Pure steps, webhooks, a delay of a second, and a webhook that fails: created in a deployment. */
export async function makeKinds(api: Client, sink: Sink): Promise<Made[]> {
  // The sink's own delay lets a kill find webhooks under way.
  const behaved = {
    url: (path: string, { status = 200 }: { status?: number } = {}) => sink.addressOf(path, { status, afterMs: 5 }),
  };
  const made: Made[] = [];
  for (const kind of crashKinds(behaved)) {
    const reply = await api.post("/api/v1/workflows", { name: "faults", steps: kind.steps });
    expectReply(reply, 200);
    made.push({ ...kind, workflow: textAt(reply.body, "workflow_id") });
  }
  return made;
}

/** Two webhooks, the first of them slow at its first attempt: there is a second one to begin once it is answered. */
export async function makeCalling(api: Client, sink: Sink, firstMs: number): Promise<Made> {
  const urls = { one: sink.addressOf("/one", { firstMs }), two: sink.addressOf("/two") };
  const names = ["one", "two"] as const;
  const steps = names.map((name) => ({
    name,
    type: "webhook",
    config: { url: urls[name], method: "POST", body: { n: "${payload.n}" } },
  }));
  const answered = (url: string, n: number) => ({
    status: "success",
    error: null,
    output: { type: "webhook", status_code: 200, response_data: { got: n }, url, method: "POST" },
  });
  return {
    workflow: await api.create(steps),
    steps,
    webhooks: new Map(names.entries()),
    expected: (n) => ({
      status: "success",
      error: null,
      steps: { one: answered(urls.one, n), two: answered(urls.two, n) },
    }),
  };
}

/** Run number n is always of the same kind. */
export function kindOf(kinds: readonly Made[], n: number): Made {
  const kind = kinds[n % kinds.length];
  if (kind === undefined) throw new Error("there are no kinds");
  return kind;
}
