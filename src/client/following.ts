import type { ListEventType } from "../schemas/runs/run-event.ts";
import type { RunSummary } from "../schemas/runs/run-summary.ts";
import type { Call, CallOptions, Connection } from "./connection.ts";
import { pause } from "./seconds.ts";

/** A run that is new in a list that is followed, has another status than before, or (`run.progressed`) has gone on with its steps. */
export interface RunChange {
  type: ListEventType;
  at: string;
  run_id: string;
  data: { run: RunSummary };
}

/** `resync`: read the list again, since changes before may be missing. It comes first, and with each new connection. */
export type RunsEvent = RunChange | { type: "resync" };

/** Changes of a list of runs, without end. @throws ApiError, ConnectionError, the reason of the signal */
export async function* follow(
  connection: Connection,
  query: NonNullable<Call["query"]>,
  { signal }: CallOptions,
): AsyncGenerator<RunsEvent, void> {
  for (;;) {
    const response = await connection.open({
      method: "GET",
      path: "/events",
      query,
      headers: { accept: "text/event-stream" },
      isRepeatable: true,
      ...(signal === undefined ? {} : { signal }),
    });
    yield { type: "resync" };
    for await (const { type, data } of connection.messagesOf(response, signal)) {
      if (type === "resync") {
        yield { type: "resync" };
      } else {
        const change: RunChange = JSON.parse(data);
        yield change;
      }
    }
    // A server that ends each stream at once is not asked in a loop.
    await pause(0.25, signal);
  }
}
