/** What a view follows, and what it does with what it is told. */

import type { RunFilter } from "../../client/client.ts";
import type { RunsEvent } from "../../client/following.ts";
import { pause } from "../../client/seconds.ts";
import type { RunEvent } from "../../schemas/runs/run-event.ts";
import type { RunSummary } from "../../schemas/runs/run-summary.ts";
import { outage } from "../data/outage.ts";
import { platform } from "../data/platform.ts";

export interface Topic {
  /** Views of other tabs with the same name are told the same. */
  name: string;
  /** Messages until the connection breaks, or there is nothing more to tell. Each can be sent to another tab. */
  messages(signal: AbortSignal): AsyncIterable<unknown>;
  tell(message: unknown): void;
  /** Reads all of it again: something may have been missed. */
  readAgain(): void;
}

const ASKING_SECONDS = 3;

/** What no stream tells of: it is read again now and then, unless the platform does not answer. */
export function askedTopic(name: string, readAgain: () => void): Topic {
  return {
    name,
    async *messages(signal) {
      for (;;) {
        await pause(ASKING_SECONDS, signal);
        if (outage.peek() === null) yield null;
      }
    },
    tell: readAgain,
    readAgain,
  };
}

/** The runs of a list. */
export function runsTopic(
  filter: RunFilter,
  { change, readAgain }: { change(run: RunSummary): void; readAgain(): void },
): Topic {
  return {
    name: `runs ${JSON.stringify(filter)}`,
    messages: (signal) => platform.runs.follow(filter, { signal }),
    tell(event: RunsEvent) {
      if (event.type === "resync") readAgain();
      else change(event.data.run);
    },
    readAgain,
  };
}

/** What happens to a run, behind an event that is known. */
export function runTopic(
  id: string,
  { after, event, readAgain }: { after(): number; event(event: RunEvent): void; readAgain(): void },
): Topic {
  return {
    name: `run ${id}`,
    messages: (signal) => platform.runs.handle(id).events({ after: after(), signal }),
    tell: (message: RunEvent) => event(message),
    readAgain,
  };
}
