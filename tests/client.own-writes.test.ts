/** The client and a replica of the database: what it wrote is in what it reads. No platform is needed. */
import { expect, test } from "bun:test";
import { Client } from "../src/client/index.ts";

/** A platform whose writes are answered with these positions, one after the other; and what each request named. */
function platformAt(positions: string[]) {
  const named: (string | null)[] = [];
  const fetch = async ({ method, headers }: Request) => {
    named.push(headers.get("x-read-after"));
    const position = method === "GET" ? undefined : positions.shift();
    return Response.json({ items: [], next_cursor: null }, position ? { headers: { "x-read-after": position } } : {});
  };
  return { named, open: () => new Client({ url: "http://platform", fetch }) };
}

const DEFINITION = { name: "one", steps: [{ name: "a", type: "transform", config: {} }] };

test("what a client wrote last is named in all that it reads, so that no replica hides it", async () => {
  const { named, open } = platformAt(["0000000000000009", "0000000000000012", "000000000000000f"]);
  const client = open();
  await Array.fromAsync(client.workflows.list());
  await client.workflows.create(DEFINITION);
  await client.trigger("one");
  await client.trigger("one");
  await Array.fromAsync(client.runs.list());
  await client.ready();
  // The answers of two processes come in any order: behind the greatest position is all that was written.
  const [first, last] = ["0000000000000009", "0000000000000012"];
  expect(named).toEqual([null, null, first, last, last, last]);
});

test("clients know nothing of each other's writes", async () => {
  const { named, open } = platformAt(["0000000000000009"]);
  await open().workflows.create(DEFINITION);
  await open().ready();
  expect(named).toEqual([null, null]);
});
