import { randomBytes } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { PlatformError, type RequestFault, ValidationFailed } from "../../errors.ts";
import { newId } from "../../ids.ts";
import { expressionOf } from "../../language/expressions/cached.ts";
import type { WorkflowRepository } from "../../repositories/workflows.ts";
import type { HookInput } from "../../schemas/hook.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import type { PageQuery } from "../../schemas/lists/page-query.ts";
import type { HookRecord, Outcome, RequestKey, Storage } from "../../storage/port.ts";
import type { TraceContext } from "../../tracing/context.ts";
import { NAMESPACE } from "../namespace.ts";
import { type Page, readPage } from "../pages.ts";
import type { TriggerService } from "../triggers.ts";
import { isSecret, verified } from "./verification.ts";

const TOKEN_BYTES = 32;
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
/** The names that a filter can read. */
const NAMES: ReadonlySet<string> = new Set(["method", "headers", "query", "body"]);

/** What came for a hook. */
export interface Delivery {
  headers: Headers;
  /** As they came, which is what is signed. */
  bytes: Uint8Array;
  /** What its run gets: method, headers, query and body. @throws ValidationFailed where the body is not what its type says */
  payload(): JsonObject;
  /** Workflows that triggered one another up to it. */
  depth: number;
  trace: TraceContext | null;
}

/** Inbound hooks: each delivery of a sender starts a run. */
export class HookService {
  readonly #storage: Pick<Storage, "hooks" | "storedRuns" | "findRequestKeys">;
  readonly #workflows: WorkflowRepository;
  readonly #triggers: TriggerService;
  readonly #clock: Clock;

  constructor(
    storage: Pick<Storage, "hooks" | "storedRuns" | "findRequestKeys">,
    workflows: WorkflowRepository,
    triggers: TriggerService,
    clock: Clock,
  ) {
    this.#storage = storage;
    this.#workflows = workflows;
    this.#triggers = triggers;
    this.#clock = clock;
  }

  /** Its id, and its token, which nobody can learn again. @throws PlatformError workflow_not_found @throws ValidationFailed */
  async create(input: HookInput): Promise<{ id: string; token: string }> {
    const { workflow_id: workflow } = input;
    const [verify, filter] = [input.verify ?? null, input.filter ?? null];
    const faults = filter === null ? [] : filterFaults(filter);
    if (verify !== null && !isSecret(verify))
      faults.push(faultAt(["verify", "secret"], "Should be base64, as its scheme has it"));
    if (faults.length > 0) throw new ValidationFailed(faults);
    const found = await this.#workflows.find({ namespace: NAMESPACE, reference: workflow, version: null });
    if (found === null) throw new PlatformError("workflow_not_found", workflow);
    const createdAt = this.#clock.now();
    const uuid = newId(createdAt);
    const token = newToken();
    const key = { namespace: NAMESPACE, uuid, tokenHash: hashOf(token) };
    done(await this.#storage.hooks.insert({ ...key, workflow, verify, filter, createdAt }));
    return { id: uuid, token };
  }

  /** Another token: the one before is over. @throws PlatformError hook_not_found */
  async rotate(id: string): Promise<{ id: string; token: string }> {
    const token = newToken();
    done(await this.#storage.hooks.rotate({ namespace: NAMESPACE, uuid: id.toLowerCase() }, hashOf(token)));
    return { id: id.toLowerCase(), token };
  }

  /** @throws PlatformError hook_not_found */
  async delete(id: string): Promise<void> {
    done(await this.#storage.hooks.delete({ namespace: NAMESPACE, uuid: id.toLowerCase() }));
  }

  /** @throws PlatformError hook_not_found */
  async get(id: string): Promise<HookRecord> {
    const found = await this.#storage.hooks.find({ namespace: NAMESPACE, uuid: id.toLowerCase() });
    if (found === null) throw new PlatformError("hook_not_found");
    return found;
  }

  /** @throws ValidationFailed when the cursor is not one of this list and order */
  list(query: PageQuery): Promise<Page<HookRecord>> {
    return readPage("hooks", query, NAMESPACE, (page) => this.#storage.hooks.list(page));
  }

  /**
   * Takes a delivery; gives the id of its run, or null where the filter leaves it out.
   *
   * @throws PlatformError hook_not_found, hook_unverified, delivery_repeated, and as a trigger does
   * @throws ValidationFailed where the body can't be read, the filter fails on it, or the workflow's input is another
   */
  async receive(token: string, delivery: Delivery): Promise<string | null> {
    const hook = await this.#storage.hooks.findByToken(hashOf(token));
    if (hook === null) throw new PlatformError("hook_not_found");
    const keys = hook.verify === null ? [] : verified(hook.verify, delivery.headers, delivery.bytes, this.#clock.now());
    const payload = delivery.payload();
    if (hook.filter !== null && !holds(hook.filter, payload)) return null;
    if (hook.verify?.scheme === "stripe" && isObject(payload.body) && typeof payload.body.id === "string") {
      keys.unshift({ key: `event ${hashOf(payload.body.id)}`, milliseconds: DAY_MILLISECONDS });
    }
    const input = { workflow_id: hook.workflow, payload };
    if (keys.length === 0) return this.#triggers.trigger(input, delivery.depth, delivery.trace);
    const key = await this.#keyOf(hook.uuid, keys);
    const run = await this.#triggers.trigger(input, delivery.depth, delivery.trace, key);
    return run ?? (await this.#runWith(key));
  }

  /**
   * What the run of a verified delivery is stored with. A delivery that was taken before, whose run was not stored since its process died,
   * gets the same, so that two copies of it at a time have one run.
   */
  async #keyOf(hook: string, keys: ReturnType<typeof verified>): Promise<RequestKey> {
    const own = newId(this.#clock.now());
    const name = await this.#storage.hooks.takeDelivery({ hook, keys, run: own });
    const key = { namespace: NAMESPACE, route: `hook ${hook}`, key: name, hash: "" };
    if (name === own) return key;
    const [kept] = await this.#storage.findRequestKeys([key]);
    if (kept != null) throw new PlatformError("delivery_repeated", kept.answer);
    // A version before this one stored the run under that name.
    const stored = await this.#storage.storedRuns([{ namespace: NAMESPACE, uuid: name }]);
    if (stored.length > 0) throw new PlatformError("delivery_repeated", name);
    return key;
  }

  /** The run that another copy of the delivery stored just now. */
  async #runWith(key: RequestKey): Promise<string> {
    const [kept] = await this.#storage.findRequestKeys([key]);
    if (kept == null) throw new PlatformError("overloaded");
    return kept.answer;
  }
}

function filterFaults(filter: string): RequestFault[] {
  const expression = expressionOf(filter);
  if ("faults" in expression) {
    const [first] = expression.faults;
    return [faultAt(["filter"], first?.message ?? "")];
  }
  const unknown = expression.references.find(({ name }) => !NAMES.has(name));
  if (unknown !== undefined)
    return [faultAt(["filter"], `There is no ${unknown.name}: it reads method, headers, query and body`)];
  return expression.gives === "other" ? [faultAt(["filter"], "It gives no bool")] : [];
}

/** @throws ValidationFailed where it fails, costs too much, or gives no bool */
function holds(filter: string, payload: JsonObject): boolean {
  const expression = expressionOf(filter);
  const get = (name: string): Json | undefined => (NAMES.has(name) ? payload[name] : undefined);
  const result =
    "faults" in expression
      ? { error: expression.faults[0]?.message ?? "" }
      : expression.test({ get, step: () => undefined });
  if ("value" in result) return result.value;
  throw new ValidationFailed([
    { loc: ["body"], msg: `The filter of the hook fails: ${result.error}`, type: "value_error" },
  ]);
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

function hashOf(token: string): string {
  return new Bun.CryptoHasher("sha256").update(token).digest("hex");
}

function faultAt(path: string[], msg: string): RequestFault {
  return { loc: ["body", ...path], msg, type: "value_error" };
}

function done(outcome: Outcome<null>): void {
  if (outcome.kind === "error") throw new PlatformError(outcome.code, outcome.subject);
}
