import {
  type HttpReply,
  type HttpRequest,
  ReplyUnread,
  StepFailure,
  type Tools,
} from "../../../../src/connectors/index.ts";
import { WEBHOOK_OUTCOMES, type WebhookOutcome } from "../../../../src/metrics/table.ts";
import { Backoff } from "../../../../src/resilience/waiting.ts";
import { OutOfDescriptors, type ReplyAccount, type WebhookClient } from "../../../webhook/port.ts";
import type { ReplyBytes } from "../../reply-bytes.ts";
import type { SharedProgress } from "../../shared.ts";
import type { Counts } from "../../shared-counts.ts";
import type { Cancellation } from "./cancellation.ts";
import { TimeLimit } from "./time-limit.ts";

/** Of a step that does not say how long it may take. */
const STEP_TIMEOUT_MILLISECONDS = 30_000;
/** Between two looks for a descriptor. */
const FIRST_PAUSE_MILLISECONDS = 50;
const LAST_PAUSE_MILLISECONDS = 1000;

/** Parts of the thread that its effects use. */
export interface ThreadParts {
  webhooks: WebhookClient;
  replyBytes: ReplyBytes;
  shared: SharedProgress;
  lane: number;
  counts: Counts;
  /** The thread makes progress. */
  beat(): void;
}

/** The effect that gets them. */
export interface EffectPlace {
  idempotencyKey: string;
  depth: number;
  traceparent: string | null;
  /** Its slot in shared memory. */
  slot: number;
  /** Called when its run does not need it any more. */
  cancellation: Cancellation;
  /** How long it may take, in milliseconds; null where its step does not say. */
  timeout: number | null;
}

/** The tools of a connector for one effect. */
export function toolsFor(parts: ThreadParts, place: EffectPlace): Tools {
  const { idempotencyKey, depth, traceparent, slot, cancellation, timeout } = place;
  const milliseconds = timeout ?? STEP_TIMEOUT_MILLISECONDS;
  let signal: AbortSignal | null = null;
  return {
    idempotencyKey,
    depth,
    traceparent,
    get signal() {
      signal ??= signalOf(cancellation, milliseconds);
      return signal;
    },
    fetch: (request) => sendOnceRoom(request, slot, cancellation, milliseconds, parts),
  };
}

function signalOf(cancellation: Cancellation, milliseconds: number): AbortSignal {
  const controller = new AbortController();
  cancellation.onCancel(() => controller.abort());
  return AbortSignal.any([controller.signal, AbortSignal.timeout(milliseconds)]);
}

/** Sends a webhook. Its time begins with a free connection, since its receiver is not to blame for a wait for one. */
async function sendOnceRoom(
  request: HttpRequest,
  slot: number,
  cancellation: Cancellation,
  milliseconds: number,
  { webhooks, replyBytes, shared, lane, counts, beat }: ThreadParts,
): Promise<HttpReply> {
  const pauses = new Backoff(FIRST_PAUSE_MILLISECONDS, LAST_PAUSE_MILLISECONDS);
  for (;;) {
    // AbortSignal.timeout would be kept in memory until its end, however soon the reply came.
    const time = new TimeLimit(milliseconds);
    cancellation.onCancel(() => time.end());
    const account: ReplyAccount = {
      came: (bytes) => {
        // Many large replies at once keep the thread from its heartbeat, and are progress.
        beat();
        replyBytes.add(slot, bytes);
      },
      held: (isHeld) => (isHeld ? time.stop() : time.go()),
    };
    try {
      const reply = await webhooks.send(request, time, account);
      counts.webhook(outcomeOf(classOf(reply.status)));
      return reply;
    } catch (error) {
      replyBytes.drop(slot);
      if (!(error instanceof OutOfDescriptors)) {
        counts.webhook(cancellation.isCancelled ? "cancelled" : outcomeOf(wordOf(error)));
        throw error;
      }
    } finally {
      time.stop();
      shared.enter(lane, slot, 0);
    }
    shared.leave(lane);
    await Bun.sleep(pauses.next());
  }
}

/** A status that fails its step says more than that its reply could not be read. */
function wordOf(error: unknown): string {
  if (error instanceof ReplyUnread && error.reply.status >= 300) return classOf(error.reply.status);
  return error instanceof StepFailure ? error.code : "other";
}

function classOf(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

function outcomeOf(word: string): WebhookOutcome {
  return WEBHOOK_OUTCOMES.find((outcome) => outcome === word) ?? "other";
}
