import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import pino from "pino";
import { openInProcessCache } from "../../cache/in-process.ts";
import { systemClock as clock } from "../../clock.ts";
import { newId, timeOfId } from "../../ids.ts";
import { openInProcessMessaging } from "../../messaging/in-process.ts";
import type { Messaging, Reservation } from "../../messaging/port.ts";
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

const verify = { scheme: "github", secret: "a secret" } as const;

/** A hook, in a process whose triggers find this messaging. */
async function scene(messaging: Messaging) {
  const storage = openMemoryStorage(clock);
  const log = pino({ level: "silent" });
  const workflows = new WorkflowRepository(storage, clock);
  const runs = new RunRepository(storage, openInProcessCache({ clock }), clock, () => null);
  const events = new TriggerEvents(messaging, clock, log);
  const starts = new RunStarts({ runs, events, messaging, graceMilliseconds: 0, clock, log });
  const triggers = new TriggerService(runs, new Preparing(workflows), starts);
  const hooks = new HookService(storage, workflows, triggers, clock);
  const uuid = newId(clock.now());
  await storage.insertWorkflows([{ uuid, namespace: NAMESPACE, id: null, name: "w", description: null, steps: "[]" }]);
  const { id, token } = await hooks.create({ workflow_id: uuid, verify });

  const bytes = Buffer.from("{}");
  const signature = createHmac("sha256", verify.secret).update(bytes).digest("hex");
  const headers = new Headers({ "x-hub-signature-256": `sha256=${signature}`, "x-github-delivery": "one" });
  const delivery = { headers, bytes, payload: () => ({ body: {} }), depth: 0, trace: null };
  return { storage, hooks, id, token, delivery, workflow: uuid };
}

test("a delivery whose process died before its run was stored starts it when it comes again, and once", async () => {
  const { storage, hooks, id, token, delivery } = await scene(openInProcessMessaging());
  const { headers, bytes } = delivery;
  // As far as the process came that died, a while ago.
  const began = clock.now();
  const name = newId(began - 60_000);
  await storage.hooks.takeDelivery({ hook: id, keys: verified(verify, headers, bytes, clock.now()), run: name });

  const [run, other] = await Promise.all([hooks.receive(token, delivery), hooks.receive(token, delivery)]);
  expect(other).toBe(run ?? "");
  await expect(hooks.receive(token, delivery)).rejects.toMatchObject({ code: "delivery_repeated", subject: run });
  const listed = await storage.listRuns({ namespace: NAMESPACE, limit: 10, order: "desc", after: null });
  expect(listed.map(({ uuid }) => uuid)).toEqual([run ?? ""]);
  // Lists in ascending order have told all that was made before.
  expect(timeOfId(run ?? "")).toBeGreaterThanOrEqual(began);
  await storage.close();
});

test("of copies at one time a worker of the process is given the run of one", async () => {
  const worker = newId(clock.now());
  const claim = { claimId: newId(clock.now()), worker };
  const given: string[] = [];
  let reserved = 0;
  const release = () => {
    reserved--;
  };
  const reserve = () => {
    reserved++;
    const stored: Reservation["stored"] = (_, { uuid, claimed }) => {
      release();
      if (claimed) given.push(uuid);
    };
    return { claim, stored, release, woken: () => {} };
  };
  const { storage, hooks, token, delivery } = await scene({ ...openInProcessMessaging(), reserve });
  await storage.startLease({ worker, leaseMilliseconds: 60_000 });

  const runs = await Promise.all(Array.from({ length: 4 }, () => hooks.receive(token, delivery)));
  expect(new Set(runs).size).toBe(1);
  expect(given).toEqual([String(runs[0])]);
  expect(reserved).toBe(0);
  await storage.close();
});

test("a delivery whose run a version before stored, under the name that was noted, is a repeated one", async () => {
  const { storage, hooks, id, token, delivery, workflow } = await scene(openInProcessMessaging());
  const { headers, bytes } = delivery;
  const uuid = newId(clock.now());
  await storage.hooks.takeDelivery({ hook: id, keys: verified(verify, headers, bytes, clock.now()), run: uuid });
  const run = { namespace: NAMESPACE, workflow, payload: "{}", depth: 0, traceparent: null, graceMilliseconds: 0 };
  await storage.insertRuns([{ ...run, uuid, claim: null, progress: null }]);
  await expect(hooks.receive(token, delivery)).rejects.toMatchObject({ code: "delivery_repeated", subject: uuid });
  await storage.close();
});
