/** Inbound hooks as they are stored, and the deliveries that were taken. Times are milliseconds since the epoch. */
import type { HookVerification } from "../../schemas/hook.ts";
import type { Order } from "../../schemas/lists/page.ts";
import type { Outcome } from "./outcome.ts";

export interface HookKey {
  namespace: string;
  uuid: string;
}

export interface NewHook extends HookKey {
  /** uuid or author's id of a workflow: resolved at each delivery. */
  workflow: string;
  /** SHA-256 of its token, in hexadecimal digits. */
  tokenHash: string;
  /** With the secret as it is: it has to be known. Null where deliveries are not verified. */
  verify: HookVerification | null;
  /** An expression; null where each delivery starts a run. */
  filter: string | null;
  createdAt: number;
}

export interface HookRecord extends Omit<NewHook, "tokenHash"> {
  rotatedAt: number | null;
}

/** A page of hooks, by their uuids; those after `after`. */
export interface HookPage {
  namespace: string;
  limit: number;
  order: Order;
  after: string | null;
}

/** A delivery that is about to start a run. */
export interface NewDelivery {
  hook: string;
  /** What it is known by, and how long: its id, its signature. */
  keys: { key: string; milliseconds: number }[];
  /** What its run would be stored with, as the key of its request: a uuid. */
  run: string;
}

export interface Hooks {
  insert(hook: NewHook): Promise<Outcome<null>>;
  /** Gives it another token. Error hook_not_found. */
  rotate(key: HookKey, tokenHash: string): Promise<Outcome<null>>;
  /** Error hook_not_found. */
  delete(key: HookKey): Promise<Outcome<null>>;
  find(key: HookKey): Promise<HookRecord | null>;
  findByToken(tokenHash: string): Promise<HookRecord | null>;
  list(page: HookPage): Promise<HookRecord[]>;
  /** Notes a delivery; gives what its run is stored with, which is that of an earlier delivery that is known by one of its keys. */
  takeDelivery(delivery: NewDelivery): Promise<string>;
}
