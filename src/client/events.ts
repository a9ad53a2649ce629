/** Reads server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import { milliseconds } from "./seconds.ts";

/** One event, as it was sent. */
export interface Message {
  /** Its name; `message` where it has none. */
  type: string;
  data: string;
}

/**
 * The events of an answer; ends with it, also where its connection breaks, or is silent for so many seconds: the platform sends a
 * comment every 15 s.
 *
 * @throws the reason of the signal
 */
export async function* messagesIn(
  response: Response,
  silence: number,
  signal?: AbortSignal,
): AsyncGenerator<Message, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const decoder = new TextDecoder();
  let rest = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      timer = setTimeout(() => void reader.cancel().catch(() => {}), milliseconds(silence));
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) {
        signal?.throwIfAborted();
        return;
      }
      const texts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = texts.pop() ?? "";
      for (const text of texts) {
        const message = messageOf(text);
        if (message !== null) yield message;
      }
    }
  } catch (error) {
    // A connection that broke: whoever asks goes on behind the last event.
    if (signal?.aborted || error instanceof SyntaxError) throw signal?.reason ?? error;
  } finally {
    clearTimeout(timer);
    // Of a connection that broke there is nothing left to cancel.
    await reader.cancel().catch(() => {});
  }
}

/** Null where it is a comment. */
function messageOf(text: string): Message | null {
  let type = "message";
  let data: string | null = null;
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) type = line.slice("event: ".length);
    if (line.startsWith("data: ")) data = line.slice("data: ".length);
  }
  return data === null ? null : { type, data };
}
