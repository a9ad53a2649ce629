/** A delivery whose process dies when its run is stored, and nobody was told: it comes again, and has one run. */

import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { allRuns } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

const SECRET = "a secret of both sides";
const BODY = '{"a":1}';

test("a delivery that got no answer has one run, whose id is told when it comes again", async () => {
  const platform = await Platform.start({ env: { FAILPOINT: "trigger_committed:1" } });
  try {
    const api = new Client(platform.url);
    const workflow_id = await api.create([{ name: "a", type: "transform", config: { value: 1 } }]);
    const made = await api.post("/api/v1/hooks", { workflow_id, verify: { scheme: "github", secret: SECRET } });
    expectReply(made, 200);
    const deliver = (to: string) =>
      new Client(to).send("POST", `/api/v1/hooks/${textAt(made.body, "token")}`, {
        body: BODY,
        headers: {
          "content-type": "application/json",
          "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(BODY).digest("hex")}`,
          "x-github-delivery": "one",
        },
      });
    await expect(deliver(platform.url)).rejects.toThrow();
    await platform.ended();
    await platform.restart({ FAILPOINT: "" });
    const again = await deliver(platform.url);
    expectReply(again, 409);
    const after = new Client(platform.url);
    const runs: string[] = [];
    for await (const run of allRuns(after)) runs.push(textAt(run, "uuid"));
    expect(runs).toHaveLength(1);
    expect(textAt(again.body, "detail")).toEndWith(String(runs[0]));
    const { status, body } = await after.untilEnded(String(runs[0]), 30_000);
    expect(status).toBe("success");
    expect(at(body, "payload", "body")).toEqual({ a: 1 });
  } finally {
    await platform.close();
  }
});
