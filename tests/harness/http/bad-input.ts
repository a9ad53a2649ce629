/** What every suite of bad input stands on: a platform at rest, and the proof that a request left it as it was. */
import { describe, expect, test } from "bun:test";
import { type PlatformUnderTest, platformUnderTest } from "../under-test.ts";
import { Client } from "./client.ts";
import { expectFaults, expectReply, type Fault } from "./expect.ts";
import { listAt, objectAt, textAt } from "./json.ts";
import type { Reply } from "./reply.ts";

/** How old a list may be on a deployment with a cache. */
const CACHED_MS = 2_200;

export class Ground {
  readonly api: Client;
  /** A workflow that bad requests aim at. */
  readonly workflow: string;
  /** A run of it, ended. */
  readonly run: string;
  readonly #platform: PlatformUnderTest;
  #before: string;

  private constructor(platform: PlatformUnderTest, api: Client, workflow: string, run: string) {
    this.#platform = platform;
    this.api = api;
    this.workflow = workflow;
    this.run = run;
    this.#before = "";
  }

  static async prepare(): Promise<Ground> {
    const platform = await platformUnderTest();
    const api = new Client(platform.url);
    const workflow = await api.create([{ name: "answer", type: "transform", config: { value: 1 } }]);
    const run = await api.trigger(workflow);
    await api.untilEnded(run);
    const ground = new Ground(platform, api, workflow, run);
    await ground.#settle();
    ground.#before = await ground.#everything();
    return ground;
  }

  /** A trigger of the workflow with this text for its payload. */
  triggerText(payload: string): string {
    return `{"workflow_id":"${this.workflow}","payload":${payload}}`;
  }

  /** Gives both lists one more, on purpose: what was there before is remembered anew. */
  async addOneOfEach(): Promise<void> {
    const workflow = await this.api.create([{ name: "answer", type: "transform", config: { value: 1 } }]);
    await this.api.untilEnded(await this.api.trigger(workflow));
    await this.#settle();
    this.#before = await this.#everything();
  }

  /** Sends a request, hands the reply to a check, and makes sure that nothing was created or changed. */
  async refuses(request: Promise<Reply>, check: (reply: Reply) => void): Promise<void> {
    const reply = await request;
    check(reply);
    expect({ request: reply.sent, left: await this.#everything() }).toEqual({
      request: reply.sent,
      left: this.#before,
    });
  }

  /** The last test of a suite: nothing came of any of it, not even late, and the platform found nothing wrong with itself. */
  async expectUntouched(): Promise<void> {
    await this.#settle();
    expect(await this.#everything()).toBe(this.#before);
    expect(this.#platform.own?.complaints() ?? []).toEqual([]);
  }

  close(): Promise<void> {
    return this.#platform.close();
  }

  async #settle(): Promise<void> {
    if (this.#platform.own === null) await Bun.sleep(CACHED_MS);
  }

  /** The workflow and the run as shown, and the newest of each list: whatever is created would be newer still. */
  async #everything(): Promise<string> {
    const [workflow, run, workflows, runs] = await Promise.all([
      this.api.get(`/api/v1/workflows/${this.workflow}`),
      this.api.get(`/api/v1/runs/${this.run}`),
      this.api.get("/api/v1/workflows?limit=20"),
      this.api.get("/api/v1/runs?limit=20"),
    ]);
    for (const reply of [workflow, run, workflows, runs]) expectReply(reply, 200);
    const uuids = (reply: Reply) => listAt(reply.body, "items").map((item) => textAt(item, "uuid"));
    return [workflow.text, run.text, ...uuids(workflows), ...uuids(runs)].join("\n");
  }
}

/** A fault in a body, in pydantic's words. */
export function fault(type: string, ...path: (string | number)[]): Fault {
  const messages: Record<string, string> = {
    missing: "Field required",
    extra_forbidden: "Extra inputs are not permitted",
  };
  const msg = messages[type];
  return { loc: ["body", ...path], type, ...(msg === undefined ? {} : { msg }) };
}

export interface Case {
  title: string;
  body: unknown;
  faults: Fault[];
}

/** Tests that no such workflow can be created, nor an existing one changed into it. */
export function refusesWorkflows(ground: () => Ground, cases: Case[]): void {
  for (const { title, body, faults } of cases) {
    describe(`a workflow with ${title}`, () => {
      test("is not created", async () => {
        const { api } = ground();
        await ground().refuses(api.post("/api/v1/workflows", body), (reply) => expectFaults(reply, faults));
      });
      test("is not put in another's place", async () => {
        const { api, workflow } = ground();
        await ground().refuses(api.put(`/api/v1/workflows/${workflow}`, body), (reply) => expectFaults(reply, faults));
      });
    });
  }
}

/** A workflow whose one transform step has this text for its value. */
export function workflowText(value: string): string {
  return `{"name":"a workflow","steps":[{"name":"a","type":"transform","config":{"value":${value}}}]}`;
}

/** A 422 of one fault or more, all of them below the given place. */
export function expectFaultsBelow(reply: Reply, ...place: (string | number)[]): void {
  expectReply(reply, 422);
  const faults = listAt(reply.body, "detail");
  const shape = { loc: expect.any(Array), msg: expect.stringMatching(/\S/), type: expect.stringMatching(/^[a-z_]+$/) };
  expect(faults).toEqual(faults.map(() => shape));
  const places = faults.map((entry) => listAt(entry, "loc").slice(0, place.length));
  expect({ request: reply.sent, places }).toEqual({ request: reply.sent, places: places.map(() => place) });
  expect(faults).not.toEqual([]);
  const { code, request_id } = objectAt(reply.body);
  expect({ code, request_id }).toEqual({ code: "validation_failed", request_id: expect.stringMatching(/\S/) });
}
