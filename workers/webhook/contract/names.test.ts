/** Names: what a name server may say, and which of several addresses is taken. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { promises as dns } from "node:dns";
import { type Resolve, systemResolve } from "../guard/resolve.ts";
import { failureOf, open, RawServer, reply, replying, send } from "./kit.fixture.ts";

/** A name server that answers A queries with what a test says, and AAAA queries with nothing. */
class NameServer {
  asked = 0;
  addresses: () => string[] | null = () => [];
  readonly #socket: Socket = createSocket("udp4");

  async start(): Promise<Resolve> {
    this.#socket.on("message", (query, { port }) => {
      this.asked++;
      const addresses = this.addresses();
      if (addresses === null) return;
      // RFC 1035, 4.1: the header and question of the query, then an answer for each address, with no time to live.
      const answers = addresses.map((address) => {
        const bytes = address.split(".").map(Number);
        return Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...bytes]);
      });
      const question = query.subarray(12, query.indexOf(0, 12) + 5);
      const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, answers.length, 0, 0, 0, 0]);
      query.copy(header, 0, 0, 2);
      this.#socket.send(Buffer.concat([header, question, ...answers]), port, "127.0.0.1");
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, "127.0.0.1", resolve));
    const resolver = new dns.Resolver({ timeout: 60_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${this.#socket.address().port}`]);
    return (name) => resolver.resolve4(name);
  }

  close(): void {
    this.#socket.close();
  }
}

const names = new NameServer();
let resolve: Resolve;
beforeAll(async () => {
  resolve = await names.start();
});
afterAll(() => names.close());

test("a name whose address changes between two look-ups is connected to at the one that was judged", async () => {
  const good = await RawServer.start(replying(reply("good", "200 OK", ["Connection: close"])));
  const secret = await RawServer.start(replying(reply("secret")), { host: "127.0.0.2", port: good.port });
  const client = open({ allow: "127.0.0.1" }, resolve);
  let turn = 0;
  names.addresses = () => (turn++ % 2 === 0 ? ["127.0.0.1"] : ["127.0.0.2"]);
  const url = good.url("/", "rebinding.example");
  const outcomes = [];
  for (let n = 0; n < 6; n++) outcomes.push(await failureOf(send(client, { url })));
  expect(outcomes.filter((_, n) => n % 2 === 0)).toEqual(
    Array.from({ length: 3 }, () => ({ reply: expect.objectContaining({ data: "good" }) })),
  );
  expect(outcomes.filter((_, n) => n % 2 === 1)).toEqual(
    Array.from({ length: 3 }, () => expect.objectContaining({ code: "config" })),
  );
  // One look-up for one connection: nobody can answer a second one otherwise.
  expect(turn).toBe(6);
  expect({ good: good.requests.length, secret: secret.connections }).toEqual({ good: 3, secret: 0 });
  client.close();
  good.close();
  secret.close();
});

test("a name server that is silent holds up nobody else, and its webhook fails in time", async () => {
  names.addresses = () => null;
  const server = await RawServer.start(replying(reply("ok")));
  const client = open({}, (name) => (name === "silent.example" ? resolve(name) : Promise.resolve(["127.0.0.1"])));
  const late = Array.from({ length: 100 }, () =>
    failureOf(send(client, { url: "http://silent.example/" }, AbortSignal.timeout(400))),
  );
  for (let n = 0; n < 20; n++) {
    expect(await send(client, { url: server.url("/", "quick.example") })).toMatchObject({ data: "ok" });
  }
  for (const failure of await Promise.all(late)) {
    expect(failure).toEqual({ code: "timeout", sentence: "The webhook was not answered in time" });
  }
  client.close();
  server.close();
});

test("the system's own names are found, and a name that is not there is told from others", async () => {
  expect(["127.0.0.1", "::1"]).toContain((await systemResolve("localhost"))[0] ?? "");
  const client = open({}, systemResolve);
  expect(await failureOf(send(client, { url: "http://name.invalid/" }))).toMatchObject({ code: "network" });
  client.close();
});

const failing: [title: string, code: string, sentence: string][] = [
  ["is not there", "DNS_ENOTFOUND", "The webhook's host name was not found"],
  ["can't be looked up", "EAI_AGAIN", "The webhook's host name could not be looked up"],
  ["makes the name server fail", "ESERVFAIL", "The webhook's host name could not be looked up"],
];
for (const [title, code, sentence] of failing) {
  test(`a name that ${title} is looked up three times, and the failure has a sentence of ours`, async () => {
    let asked = 0;
    const client = open({}, async () => {
      asked++;
      throw Object.assign(new Error("getaddrinfo secret"), { code });
    });
    expect(await failureOf(send(client, { url: "http://a.example/" }))).toEqual({ code: "network", sentence });
    expect(asked).toBe(3);
    client.close();
  });
}

describe("of several addresses", () => {
  /** Addresses of loopback; on all but those that are served nobody listens. */
  async function reached(addresses: string[], servedAt: string, client = open({}, async () => addresses)) {
    const server = await RawServer.start(replying(reply("ok")), { host: servedAt });
    try {
      return await send(client, { url: server.url("/", "several.example") });
    } finally {
      client.close();
      server.close();
    }
  }

  test("the last of 50 is reached", async () => {
    const addresses = Array.from({ length: 50 }, (_, n) => `127.0.1.${n + 1}`);
    expect(await reached(addresses, "127.0.1.50")).toMatchObject({ data: "ok" });
  });

  test("IPv6 alone is enough", async () => {
    expect(await reached(["::1"], "::1")).toMatchObject({ data: "ok" });
  });

  test("the family that works is taken", async () => {
    expect(await reached(["::1", "127.0.0.1"], "127.0.0.1")).toMatchObject({ data: "ok" });
    expect(await reached(["127.0.0.1", "::1"], "::1")).toMatchObject({ data: "ok" });
  });

  test("one that swallows everything is not waited for", async () => {
    // A listener whose queue is full answers no SYN; here it is an address that leads nowhere.
    const silent = "192.0.2.254";
    const client = open({ allow: `127.0.0.0/8,${silent}` }, async () => [silent, "127.0.0.1"]);
    expect(await reached([], "127.0.0.1", client)).toMatchObject({ data: "ok" });
  });

  test("none is tried any more once the request is called off", async () => {
    const silent = await RawServer.start(() => {});
    const next = await RawServer.start(() => {}, { host: "127.0.0.2", port: silent.port });
    const client = open({}, async () => ["127.0.0.1", "127.0.0.2"]);
    // Neither says a word of TLS.
    const url = silent.url("/", "several.example").replace("http:", "https:");
    expect(await failureOf(send(client, { url }, AbortSignal.timeout(100)))).toMatchObject({ code: "timeout" });
    await Bun.sleep(500);
    expect({ silent: silent.open, next: next.connections }).toEqual({ silent: 0, next: 0 });
    client.close();
    silent.close();
    next.close();
  });

  test("none is one failure", async () => {
    const client = open({}, async () => ["127.0.2.1", "127.0.2.2", "127.0.2.3"]);
    expect(await failureOf(send(client, { url: "http://none.example:9/", follow: 0 }))).toMatchObject({
      code: "config",
    });
    expect(await failureOf(send(client, { url: "http://none.example:9999/" }))).toEqual({
      code: "network",
      sentence: "No connection to the webhook's host could be made",
    });
    client.close();
  });
});
