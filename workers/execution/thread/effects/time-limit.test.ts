import { expect, test } from "bun:test";
import { failureOf, open, RawServer, send } from "../../../webhook/contract/kit.fixture.ts";
import { TimeLimit } from "./time-limit.ts";

test("a webhook that is not answered fails when its time is over, and its connection is closed", async () => {
  const server = await RawServer.start(() => {});
  const client = open();
  const time = new TimeLimit(20);
  expect(await failureOf(send(client, { url: server.url() }, time))).toMatchObject({ code: "timeout" });
  expect(time.aborted).toBe(true);
  while (server.open > 0) await Bun.sleep(1);
  client.close();
  server.close();
});

test("time that stands still is not over, and a listener that was removed is not called", async () => {
  const calls: string[] = [];
  const stopped = new TimeLimit(1);
  stopped.stop();
  stopped.addEventListener("abort", () => calls.push("stopped"));
  const over = new Promise<void>((resolve) => {
    const time = new TimeLimit(10);
    const removed = () => calls.push("removed");
    time.addEventListener("abort", removed);
    time.addEventListener("abort", () => resolve());
    time.removeEventListener("abort", removed);
  });
  await over;
  expect({ calls, aborted: stopped.aborted }).toEqual({ calls: [], aborted: false });
});
