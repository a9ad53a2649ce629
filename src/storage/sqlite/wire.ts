import type { RunEnd } from "../port.ts";
import type { QueuedWrite } from "./writes.ts";

/**
 * Packs a write for the writing thread: JSON, and beside it the results of ended runs as they are. These are long JSON texts,
 * and escaping one in the other costs more than all the rest.
 */
export function packWrite(write: QueuedWrite): string[] {
  const texts: string[] = [];
  const without = (end: RunEnd): RunEnd => {
    texts.push(end.stepResults);
    return { ...end, stepResults: "" };
  };
  let argument: unknown = write.argument;
  if (isSave(write)) {
    argument = write.argument.map((item) => (item.next.kind === "end" ? { ...item, next: without(item.next) } : item));
  } else if (isInsert(write)) {
    argument = write.argument.map((item) => {
      const { progress } = item;
      return progress === null ? item : { ...item, progress: { ...progress, next: without(progress.next) } };
    });
  }
  return [JSON.stringify({ ...write, argument }), ...texts];
}

/** Unpacks a write. */
export function unpackWrite([head = "", ...texts]: string[]): QueuedWrite {
  const write: QueuedWrite = JSON.parse(head);
  let next = 0;
  if (isSave(write)) {
    for (const item of write.argument) if (item.next.kind === "end") item.next.stepResults = texts[next++] ?? "";
  } else if (isInsert(write)) {
    for (const { progress } of write.argument) if (progress !== null) progress.next.stepResults = texts[next++] ?? "";
  }
  return write;
}

function isSave(write: QueuedWrite): write is QueuedWrite<"saveProgress"> {
  return write.name === "saveProgress";
}

function isInsert(write: QueuedWrite): write is QueuedWrite<"insertRuns"> {
  return write.name === "insertRuns";
}
