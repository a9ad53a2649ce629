/** Clients that follow the cursors of the list of runs. */
import { expect } from "bun:test";
import type { Client } from "../../harness/http/client.ts";
import { at, listAt, textAt } from "../../harness/http/json.ts";

interface Page {
  uuids: string[];
  next: string | null;
}

/** A page; null while the platform sheds or is being started. */
async function page(api: Client, query: string): Promise<Page | null> {
  const reply = await api.get(`/api/v1/runs?${query}`).catch(() => null);
  if (reply === null || reply.status === 503) return null;
  if (reply.status !== 200) throw new Error(`${reply.sent} was answered ${reply.status}: ${reply.text}`);
  const next = at(reply.body, "next_cursor");
  const uuids = listAt(reply.body, "items").map((item) => textAt(item, "uuid"));
  return { uuids, next: next === null ? null : String(next) };
}

/** Reads into `read` from the beginning, and goes on from the last cursor until `isOver`. */
export async function followOldestFirst(read: string[], api: () => Client, isOver: () => boolean): Promise<void> {
  // The page after `cursor` is read again until it is full: `before` is how many rows came before it.
  let [cursor, before] = ["", 0];
  for (let last = false; ; ) {
    const over = isOver();
    const found = await page(api(), `order=asc&limit=200&cursor=${cursor}`);
    if (found === null) {
      await Bun.sleep(50);
      continue;
    }
    const known = read.slice(before);
    // What was shown once stays, and what is new comes behind it.
    expect(found.uuids.slice(0, known.length)).toEqual(known);
    read.push(...found.uuids.slice(known.length));
    if (found.next !== null) [cursor, before] = [found.next, read.length];
    else if (last) return;
    else {
      last = over;
      await Bun.sleep(100);
    }
  }
}

/** From the newest run on, down to the oldest of those that are looked for, or to the end. */
export async function readNewestFirst(api: () => Client, oldest = ""): Promise<string[]> {
  const read: string[] = [];
  for (let cursor = ""; ; ) {
    const found = await page(api(), `limit=200&cursor=${cursor}`);
    if (found === null) {
      await Bun.sleep(50);
      continue;
    }
    read.push(...found.uuids);
    if (found.next === null || (read.at(-1) ?? "") < oldest) return read;
    cursor = found.next;
  }
}
