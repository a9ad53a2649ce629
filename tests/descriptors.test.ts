/** A process that may open few files, and more idle connections to it than that. */
import { afterEach, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { Connection } from "./harness/http/connection.ts";
import { Platform } from "./harness/platform.ts";
import { LedgerSink } from "./harness/sinks/ledger-sink.ts";

const IDLE = 250;
const CROWDED = "file descriptors are scarce: idle connections are closed; raise ulimit -n";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A platform with so many descriptors, and connections that each had an answer and stay open. */
async function crowded(descriptors: string): Promise<{ platform: Platform; idle: Connection[] }> {
  const platform = await Platform.start({ descriptors });
  cleanUps.push(() => platform.close());
  // Bun ends a process that has no descriptor left while a thread of it loads its code: that is over once a run has ended.
  const api = new Client(platform.url);
  await api.untilEnded(await api.trigger(await api.create([{ name: "a", type: "transform", config: { value: 1 } }])));
  const idle = await Promise.all(Array.from({ length: IDLE }, () => Connection.open(platform.url)));
  cleanUps.push(() => {
    for (const connection of idle) connection.close();
  });
  // Those that were closed in the meantime say so.
  await Promise.allSettled(idle.map((connection) => connection.get("/health")));
  return { platform, idle };
}

test("with 200 descriptors and 250 idle connections others are served, and webhooks sent", async () => {
  const { platform } = await crowded("200:200");
  const sink = new LedgerSink();
  cleanUps.push(() => sink.close());
  const api = new Client(platform.url);
  const hook = { name: "hook", type: "webhook", config: { url: sink.url("/"), method: "POST", body: { n: 1 } } };
  const workflow = await api.create([hook]);
  for (let n = 0; n < 5; n++) {
    const run = await api.untilEnded(await api.trigger(workflow));
    expect(run.status).toBe("success");
  }
  expect(platform.logs.filter(({ fields }) => fields.msg === CROWDED)).toHaveLength(1);
  expect(platform.complaints()).toEqual([]);
}, 60_000);

test("a soft limit is raised to the hard one, and nothing is closed", async () => {
  const { platform, idle } = await crowded("200:2000");
  for (const connection of idle) expect((await connection.get("/health")).status).toBe(200);
  expect(platform.logs.filter(({ fields }) => fields.msg === CROWDED)).toEqual([]);
}, 60_000);
