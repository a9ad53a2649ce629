import type { QueuedWrite } from "./writes.ts";

/**
 * How writes cross to the writing thread: JSON, with the results of ended runs beside it as they are. They are long JSON
 * texts themselves, and escaping one in the other costs more than all the rest.
 */
export function packWrite(write: QueuedWrite): string[] {
  const texts: string[] = [];
  const without = <Ended extends { stepResults: string }>(ended: Ended): Ended => {
    texts.push(ended.stepResults);
    return { ...ended, stepResults: "" };
  };
  let argument: unknown = write.argument;
  if (isSave(write)) {
    argument = write.argument.map((item) => (item.next.kind === "end" ? { ...item, next: without(item.next) } : item));
  } else if (isInsert(write)) {
    argument = write.argument.map((item) => (item.ended === null ? item : { ...item, ended: without(item.ended) }));
  }
  return [JSON.stringify({ ...write, argument }), ...texts];
}

/** The write that was packed. */
export function unpackWrite([head = "", ...texts]: string[]): QueuedWrite {
  const write: QueuedWrite = JSON.parse(head);
  let next = 0;
  if (isSave(write)) {
    for (const item of write.argument) if (item.next.kind === "end") item.next.stepResults = texts[next++] ?? "";
  } else if (isInsert(write)) {
    for (const { ended } of write.argument) if (ended !== null) ended.stepResults = texts[next++] ?? "";
  }
  return write;
}

function isSave(write: QueuedWrite): write is QueuedWrite<"saveProgress"> {
  return write.name === "saveProgress";
}

function isInsert(write: QueuedWrite): write is QueuedWrite<"insertRuns"> {
  return write.name === "insertRuns";
}
