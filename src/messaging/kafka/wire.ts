import type { IHeaders } from "kafkajs";
import type { CompletedEvent, TriggerEvent, TriggerHeaders } from "../../schemas/runs/event.ts";
import { TRACEPARENT } from "../../tracing/context.ts";

/** A message as it is sent. */
export interface Outgoing {
  key: Buffer | null;
  value: Buffer | null;
  headers?: IHeaders;
}

/**
 * Bytes of one request. A broker takes 1 MiB per partition, and in the worst case all of a request is for one of them.
 */
const MAX_REQUEST_BYTES = 900_000;
/** kafkajs copies a list for every message that it adds to a partition's. */
const MAX_REQUEST_MESSAGES = 1000;
/** The most bytes that a message takes beside its key, value and headers. */
const FRAME_BYTES = 64;
/** An error that is cut still says what happened. */
const MAX_ERROR_CHARACTERS = 10_000;
const SHORT_ERROR_CHARACTERS = 1000;

const VERSION_HEADER = "workflow_version";
const NAMESPACE_HEADER = "namespace";
const WAKE_HEADER = "wake";

/** How something is sent: whole, or where the broker refuses that, short. */
export interface Form<Item> {
  whole(item: Item): Outgoing;
  short(item: Item): Outgoing;
}

/** Trigger events: without its payload where one is too big, and workers read the row. */
export const triggerForm: Form<TriggerEvent> = {
  whole: triggerMessage,
  short: (event) => triggerMessageWith(event, "null"),
};

/** Completed events: with the beginning of its error where one is too big. */
export const completedForm: Form<CompletedEvent> = {
  whole: completedMessage,
  short: (event) => messageOf({ ...event, error: event.error?.slice(0, SHORT_ERROR_CHARACTERS) ?? null }),
};

function triggerMessage(event: TriggerEvent): Outgoing {
  const message = triggerMessageWith(event, event.payload);
  if (event.isWake) return { ...message, headers: { ...message.headers, [WAKE_HEADER]: "1" } };
  if (!fits(message)) return triggerMessageWith(event, "null");
  return { ...message, headers: { ...message.headers, [VERSION_HEADER]: String(event.workflow_version) } };
}

function triggerMessageWith({ namespace, run_id, workflow_id, traceparent }: TriggerEvent, payload: string): Outgoing {
  const ids = JSON.stringify({ run_id, workflow_id }).slice(0, -1);
  const value = Buffer.from(`${ids},"payload":${payload}}`);
  const headers: IHeaders = { [NAMESPACE_HEADER]: namespace };
  if (traceparent !== null) headers[TRACEPARENT] = traceparent;
  return { key: Buffer.from(run_id), value, headers };
}

/** The headers that a trigger's message comes with. */
export function triggerHeadersOf(headers: IHeaders | undefined): TriggerHeaders {
  return {
    namespace: headers?.[NAMESPACE_HEADER]?.toString() ?? null,
    version: headers?.[VERSION_HEADER]?.toString() ?? null,
    traceparent: headers?.[TRACEPARENT]?.toString() ?? null,
    wake: headers?.[WAKE_HEADER]?.toString() ?? null,
  };
}

function completedMessage(event: CompletedEvent): Outgoing {
  const message = messageOf(event);
  if (fits(message) || event.error === null) return message;
  return messageOf({ ...event, error: event.error.slice(0, MAX_ERROR_CHARACTERS) });
}

function messageOf({ namespace, run_id, workflow_id, status, error }: CompletedEvent): Outgoing {
  const value = Buffer.from(JSON.stringify({ run_id, workflow_id, status, error }));
  return { key: Buffer.from(run_id), value, headers: { [NAMESPACE_HEADER]: namespace } };
}

function fits(message: Outgoing): boolean {
  return bytesOf(message) <= MAX_REQUEST_BYTES;
}

/** An item and the message that it is sent as. */
export interface Encoded<Item> {
  item: Item;
  message: Outgoing;
}

/** The messages of each request; made one by one, so that many big events are never all encoded at once. */
export function* requestsOf<Item>(items: Iterable<Item>, form: Form<Item>): Generator<Encoded<Item>[]> {
  let request: Encoded<Item>[] = [];
  let bytes = 0;
  for (const item of items) {
    const message = form.whole(item);
    const more = bytesOf(message);
    if (request.length === MAX_REQUEST_MESSAGES || (request.length > 0 && bytes + more > MAX_REQUEST_BYTES)) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push({ item, message });
    bytes += more;
  }
  if (request.length > 0) yield request;
}

function bytesOf({ key, value, headers = {} }: Outgoing): number {
  let bytes = FRAME_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of Object.entries(headers)) {
    for (const part of [content ?? ""].flat()) bytes += name.length * 3 + Buffer.byteLength(part) + 10;
  }
  return bytes;
}
