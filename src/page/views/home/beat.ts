/** What the cards of Home read again each time that its numbers are. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Reading, useReading } from "../../data/reading.ts";

/** Rises with each time. */
export const beat = signal(0);

/** Reads when it is shown, and again with each beat, unless a read is under way still. */
export function useBeating<Value>(key: string, read: (signal: AbortSignal) => Promise<Value>): Reading<Value> {
  const reading = useReading(key, read);
  // It is told at once as well, while the first read is under way.
  useEffect(() => beat.subscribe(() => reading.refresh()), [reading]);
  return reading;
}
