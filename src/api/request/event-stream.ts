/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { Clock } from "../../clock.ts";

/** Proxies and Bun close a connection on which nothing comes for longer. */
const SILENCE_MILLISECONDS = 15_000;
const COMMENT = ": \n\n";

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // nginx passes each event on as it comes.
  "x-accel-buffering": "no",
};

/** What is followed: null once there is nothing more. */
export interface Followed<Batch> {
  next(): Promise<Batch | null>;
  close(): void;
}

/** One message of a stream. */
export function messageText(type: string, data: string, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${type}\ndata: ${data}\n\n`;
}

/** An answer that sends the messages of each batch as it comes. It ends behind a batch that is the last. */
export function eventStreamReply<Batch extends { isOver: boolean }>(
  stream: Followed<Batch>,
  textOf: (batch: Batch) => string,
  clock: Clock,
): Response {
  const encoder = new TextEncoder();
  let coming: Promise<Batch | null> | null = null;
  const body = new ReadableStream<Uint8Array>({
    // The head of the answer goes out with the first bytes: the reader is told at once that it follows.
    start: (controller) => controller.enqueue(encoder.encode(COMMENT)),
    // Called while the reader takes what it is sent.
    async pull(controller) {
      coming ??= stream.next();
      const silence = Promise.withResolvers<"silence">();
      const cancel = clock.timer(SILENCE_MILLISECONDS, () => silence.resolve("silence"));
      const batch = await Promise.race([coming, silence.promise]);
      cancel();
      if (batch === "silence") return controller.enqueue(encoder.encode(COMMENT));
      coming = null;
      // Nothing would ask again unless something is sent.
      if (batch !== null) controller.enqueue(encoder.encode(textOf(batch) || COMMENT));
      if (batch !== null && !batch.isOver) return;
      stream.close();
      controller.close();
    },
    cancel: () => stream.close(),
  });
  return new Response(body, { headers: HEADERS });
}
