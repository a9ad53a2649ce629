import type { QueuedWrite } from "./writes.ts";

/**
 * How writes cross to the writing thread: JSON, with the results of ended runs beside it as they are. They are long JSON
 * texts themselves, and escaping one in the other costs more than all the rest.
 */
export function packWrite(write: QueuedWrite): string[] {
  if (!isSave(write)) return [JSON.stringify(write)];
  const texts: string[] = [];
  const argument = write.argument.map((item) => {
    if (item.next.kind !== "end") return item;
    texts.push(item.next.stepResults);
    return { ...item, next: { ...item.next, stepResults: "" } };
  });
  return [JSON.stringify({ ...write, argument }), ...texts];
}

/** The write that was packed. */
export function unpackWrite([head = "", ...texts]: string[]): QueuedWrite {
  const write: QueuedWrite = JSON.parse(head);
  if (isSave(write)) {
    let next = 0;
    for (const item of write.argument) {
      if (item.next.kind === "end") item.next.stepResults = texts[next++] ?? "";
    }
  }
  return write;
}

function isSave(write: QueuedWrite): write is QueuedWrite<"saveProgress"> {
  return write.name === "saveProgress";
}
