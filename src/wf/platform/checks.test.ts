import { expect, test } from "bun:test";
import { Client } from "../../client/index.ts";
import { late } from "./checks.ts";

/** What is found where the first run that is due has waited so long. */
async function found(oldest_due_seconds: number): Promise<unknown> {
  const queue = { due: 3, oldest_due_seconds, asleep: 0, waiting: 0, in_line: 9, paused: 0 };
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ queue }) });
  const url = server.url.href;
  const findings = await late({ client: new Client({ url }), url, signal: new AbortController().signal });
  await server.stop(true);
  return findings;
}

test("due runs that nobody takes are warned of, and not those whose time or turn is to come", async () => {
  expect(await found(59)).toEqual([{ state: "ok", about: "No run waits for a worker" }]);
  const about = "Due runs wait for a worker, the first of them for 61 s";
  expect(await found(61.5)).toMatchObject([{ state: "warning", about }]);
});
