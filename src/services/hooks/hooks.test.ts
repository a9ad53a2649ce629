import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import pino from "pino";
import { openInProcessCache } from "../../cache/in-process.ts";
import { systemClock as clock } from "../../clock.ts";
import { newId } from "../../ids.ts";
import { openInProcessMessaging } from "../../messaging/in-process.ts";
import { RunRepository } from "../../repositories/runs.ts";
import { WorkflowRepository } from "../../repositories/workflows.ts";
import { openMemoryStorage } from "../../storage/sqlite/index.ts";
import { NAMESPACE } from "../namespace.ts";
import { Preparing } from "../preparing.ts";
import { RunStarts } from "../run-starts.ts";
import { TriggerEvents } from "../trigger-events.ts";
import { TriggerService } from "../triggers.ts";
import { HookService } from "./hooks.ts";
import { verified } from "./verification.ts";

test("a delivery whose process died before its run was stored starts it when it comes again, and once", async () => {
  const storage = openMemoryStorage(clock);
  const log = pino({ level: "silent" });
  const workflows = new WorkflowRepository(storage, clock);
  const runs = new RunRepository(storage, openInProcessCache({ clock }), clock, () => null);
  const messaging = openInProcessMessaging();
  const events = new TriggerEvents(messaging, clock, log);
  const starts = new RunStarts({ runs, events, messaging, graceMilliseconds: 0, clock, log });
  const triggers = new TriggerService(runs, new Preparing(workflows), starts);
  const hooks = new HookService(storage, workflows, triggers, clock);
  const uuid = newId(clock.now());
  await storage.insertWorkflows([{ uuid, namespace: NAMESPACE, id: null, name: "w", description: null, steps: "[]" }]);
  const verify = { scheme: "github", secret: "a secret" } as const;
  const { id, token } = await hooks.create({ workflow_id: uuid, verify });

  const bytes = Buffer.from("{}");
  const signature = createHmac("sha256", verify.secret).update(bytes).digest("hex");
  const headers = new Headers({ "x-hub-signature-256": `sha256=${signature}`, "x-github-delivery": "one" });
  const delivery = { headers, bytes, payload: () => ({ body: {} }), depth: 0, trace: null };
  // As far as the process came that died.
  const run = newId(clock.now());
  await storage.hooks.takeDelivery({ hook: id, keys: verified(verify, headers, bytes, clock.now()), run });

  expect(await Promise.all([hooks.receive(token, delivery), hooks.receive(token, delivery)])).toEqual([run, run]);
  await expect(hooks.receive(token, delivery)).rejects.toMatchObject({ code: "delivery_repeated" });
  expect(await storage.listRuns({ namespace: NAMESPACE, limit: 10, order: "desc", after: null })).toHaveLength(1);
  await storage.close();
});
