import type { IHeaders } from "kafkajs";
import type { CompletedEvent, TriggerEvent } from "../../schemas/event.ts";

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
/** What a message takes beside its key, value and headers, at most. */
const FRAME_BYTES = 64;
/** An error that is cut still says what happened. */
const MAX_ERROR_CHARACTERS = 10_000;

const VERSION_HEADER = "workflow_version";

/** The event as a message; one that is too big goes without its payload: workers read the row then. */
export function triggerMessage({ run_id, workflow_id, workflow_version, payload }: TriggerEvent): Outgoing {
  const ids = JSON.stringify({ run_id, workflow_id }).slice(0, -1);
  const messageWith = (text: string) => ({ key: Buffer.from(run_id), value: Buffer.from(`${ids},"payload":${text}}`) });
  const message = messageWith(payload);
  if (!fits(message)) return messageWith("null");
  return { ...message, headers: { [VERSION_HEADER]: String(workflow_version) } };
}

/** The version of its workflow that a trigger's message comes with; null without. */
export function versionOf(headers: IHeaders | undefined): string | null {
  return headers?.[VERSION_HEADER]?.toString() ?? null;
}

/** The event as a message; one that is too big goes with the beginning of its error. */
export function completedMessage(event: CompletedEvent): Outgoing {
  const message = messageOf(event);
  if (fits(message) || event.error === null) return message;
  return messageOf({ ...event, error: event.error.slice(0, MAX_ERROR_CHARACTERS) });
}

function messageOf({ run_id, workflow_id, status, error }: CompletedEvent): Outgoing {
  return { key: Buffer.from(run_id), value: Buffer.from(JSON.stringify({ run_id, workflow_id, status, error })) };
}

function fits(message: Outgoing): boolean {
  return bytesOf(message) <= MAX_REQUEST_BYTES;
}

/** What each request carries; made one by one, so that many big events are never all encoded at once. */
export function* requestsOf<Event>(events: Iterable<Event>, encode: (event: Event) => Outgoing): Generator<Outgoing[]> {
  let request: Outgoing[] = [];
  let bytes = 0;
  for (const event of events) {
    const message = encode(event);
    const more = bytesOf(message);
    if (request.length === MAX_REQUEST_MESSAGES || (request.length > 0 && bytes + more > MAX_REQUEST_BYTES)) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(message);
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
