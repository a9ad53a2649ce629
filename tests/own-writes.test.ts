/** What one process has answered is seen by every other, in lists too, and whichever of them Redis is out of reach for. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createConnection, createServer, type Socket } from "node:net";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import { ownDeployment, PlatformProcess } from "./harness/processes.ts";

setDefaultTimeout(60_000);
const STEPS = [{ name: "answer", type: "transform", config: { value: 1 } }];

let processes: PlatformProcess[];
let wire: Wire;
let one: Client;
let other: Client;

beforeAll(async () => {
  const { REDIS_URL = "", ...environment } = await ownDeployment(3);
  wire = await Wire.to(new URL(REDIS_URL));
  const starts = [wire.url, REDIS_URL].map((url) => PlatformProcess.start("api", { ...environment, REDIS_URL: url }));
  processes = await Promise.all(starts);
  [one, other] = [new Client(processes[0]?.url ?? ""), new Client(processes[1]?.url ?? "")];
  // So that whatever is kept may be kept.
  await Bun.sleep(2500);
});

afterAll(async () => {
  wire.close();
  await Promise.all(processes.map((each) => each.end("SIGKILL")));
});

async function listed(api: Client, list: string): Promise<string[]> {
  const reply = await api.get(`/api/v1/${list}?limit=5`);
  expectReply(reply, 200);
  return listAt(reply.body, "items").map((item) => textAt(item, "uuid"));
}

for (const redis of ["there", "out of reach for the process that writes"]) {
  test(`with Redis ${redis}`, async () => {
    const workflow = await one.create(STEPS);
    const read = async (api: Client) => {
      const reply = await api.get(`/api/v1/workflows/${workflow}`);
      return reply.status === 200 ? at(reply.body, "version") : reply.status;
    };
    for (let round = 0; round < 3; round++) expect([await read(other), await read(one)]).toEqual([1, 1]);
    if (redis !== "there") wire.freeze();
    for (let version = 2; version < 5; version++) {
      expectReply(await one.put(`/api/v1/workflows/${workflow}`, { name: `changed ${version}`, steps: STEPS }), 200);
      expect([await read(other), await read(one)]).toEqual([version, version]);
      const created = await one.create(STEPS);
      for (const api of [other, one]) expect((await listed(api, "workflows"))[0]).toBe(created);
      const run = await one.trigger(workflow);
      for (const api of [other, one]) expect((await listed(api, "runs"))[0]).toBe(run);
    }
    expectReply(await one.delete(`/api/v1/workflows/${workflow}`), 200);
    expect([await read(other), await read(one)]).toEqual([404, 404]);
    for (const api of [other, one]) expect(await listed(api, "workflows")).not.toContain(workflow);
  });
}

/** A way to a server that can go silent, as when packets are dropped. */
class Wire {
  readonly #sockets = new Set<Socket>();
  readonly #close: () => void;
  readonly url: string;
  #frozen = false;

  private constructor(url: string, close: () => void) {
    this.url = url;
    this.#close = close;
  }

  static async to({ hostname, port, pathname }: URL): Promise<Wire> {
    const server = createServer((client) => wire.#join(client, createConnection(Number(port), hostname)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the wire has no port");
    const wire = new Wire(`redis://127.0.0.1:${address.port}${pathname}`, () => server.close());
    return wire;
  }

  freeze(): void {
    this.#frozen = true;
  }

  close(): void {
    this.#close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (bytes) => this.#frozen || to.write(bytes));
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  }
}
