/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { Clock } from "../../clock.ts";
import type { EventBatch, EventStream } from "../../services/history/streams.ts";

/** Proxies and Bun close a connection on which nothing comes for longer. */
const SILENCE_MILLISECONDS = 15_000;
const COMMENT = ": \n\n";

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // nginx passes each event on as it comes.
  "x-accel-buffering": "no",
};

/** An answer that sends each event behind `after` as it happens, and ends with the run. */
export function eventStreamReply(stream: EventStream, after: number, clock: Clock): Response {
  const encoder = new TextEncoder();
  let coming: Promise<EventBatch | null> | null = null;
  const body = new ReadableStream<Uint8Array>({
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
      if (batch !== null) controller.enqueue(encoder.encode(textOf(batch, after) || COMMENT));
      if (batch !== null && !batch.isOver) return;
      stream.close();
      controller.close();
    },
    cancel: () => stream.close(),
  });
  return new Response(body, { headers: HEADERS });
}

function textOf({ events }: EventBatch, after: number): string {
  const unknown = events.filter(({ id }) => id > after);
  return unknown.map((event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}
