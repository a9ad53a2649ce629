/** WEBHOOK_PROXY: what the client asks a proxy for. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { failureOf, open, RawServer, reply, send } from "./kit.fixture.ts";

let proxy: RawServer;
let receiver: RawServer;
/** What CONNECT is answered with; null connects to the receiver. */
let refusal: string | null = null;

beforeAll(async () => {
  receiver = await RawServer.start((_request, socket) => void socket.write(reply("received")));
  proxy = await RawServer.start(({ head }, socket) => {
    if (!head.startsWith("CONNECT ")) socket.write(reply("through the proxy"));
    else if (refusal !== null) socket.write(refusal);
    else {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.removeAllListeners("data");
      const upstream = connect(receiver.port, "127.0.0.1");
      upstream.on("error", () => socket.destroy());
      socket.pipe(upstream);
      upstream.pipe(socket);
    }
  });
});
afterAll(() => {
  proxy.close();
  receiver.close();
});

const through = (credentials = "") => open({ allow: "", proxy: `http://${credentials}127.0.0.1:${proxy.port}` });

test("http goes to the proxy with its whole address, which the proxy judges", async () => {
  const client = through("bob:s%3A@");
  const url = "http://10.0.0.1:8080/a?b=c";
  expect(await send(client, { url, method: "POST", body: "x" })).toMatchObject({ data: "through the proxy", url });
  const { head, body } = proxy.requests.at(-1) ?? { head: "", body: "" };
  expect(head.split("\r\n").slice(0, 3)).toEqual([
    "POST http://10.0.0.1:8080/a?b=c HTTP/1.1",
    "Host: 10.0.0.1:8080",
    `Proxy-Authorization: Basic ${Buffer.from("bob:s:").toString("base64")}`,
  ]);
  expect(body).toBe("x");
  client.close();
});

test("https asks for a tunnel by name, and what goes through it is TLS", async () => {
  const client = through();
  // The receiver speaks no TLS, so that the handshake does not end; that it began is what can be seen.
  await failureOf(send(client, { url: "https://example.com/secret" }, AbortSignal.timeout(300)));
  expect(proxy.requests.at(-1)?.head.split("\r\n")).toEqual([
    "CONNECT example.com:443 HTTP/1.1",
    "Host: example.com:443",
  ]);
  expect(receiver.requests).toEqual([]);
  client.close();
});

for (const [status, times] of [
  [403, 1],
  [407, 1],
  [502, 3],
] as const) {
  test(`a proxy that answers ${status} is asked ${times === 1 ? "once" : "three times"}`, async () => {
    refusal = reply("<html>secret</html>", `${status} No`);
    const before = proxy.requests.length;
    const client = through();
    expect(await failureOf(send(client, { url: "https://example.com/" }))).toEqual({
      code: "network",
      sentence: `The proxy did not connect to the webhook's host (status ${status})`,
    });
    expect(proxy.requests.length - before).toBe(times);
    client.close();
    refusal = null;
  });
}
