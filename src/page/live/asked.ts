import { useEffect } from "preact/hooks";
import type { Reading } from "../data/reading.ts";
import { follow } from "./live.ts";
import { askedTopic } from "./topic.ts";

/** Reads what no stream tells of again now and then, while it is shown. */
export function useAsked(name: string, reading: Reading<unknown>): void {
  useEffect(() => follow(askedTopic(name, () => reading.refresh())), [name, reading]);
}
