/** Reads server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { RunEvent } from "../schemas/run-event.ts";

/** The events of an answer; ends with it, also where its connection breaks. @throws the reason of the signal */
export async function* eventsIn(response: Response, signal?: AbortSignal): AsyncGenerator<RunEvent, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const messages = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = messages.pop() ?? "";
      for (const message of messages) {
        const data = message.split("\n").find((line) => line.startsWith("data: "));
        if (data === undefined) continue;
        const event: RunEvent = JSON.parse(data.slice("data: ".length));
        yield event;
      }
    }
  } catch (error) {
    // A connection that broke: whoever asks goes on behind the last event.
    if (signal?.aborted || error instanceof SyntaxError) throw signal?.reason ?? error;
  } finally {
    // Of a connection that broke there is nothing left to cancel.
    await reader.cancel().catch(() => {});
  }
}
