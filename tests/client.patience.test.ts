/** How long the client tries, by a clock that is moved on. No platform is needed. */
import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Client } from "../src/client/index.ts";

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const RUN = { run_id: "01a2283a-e177-7000-8f72-3914e640ff29" };

/** Triggers a run, each request answered by the next of these. @returns what came of it, and after how many seconds */
async function triggered(answers: (() => Response)[]): Promise<{ said: string; seconds: number }> {
  const begun = Date.now();
  const client = new Client({
    url: "http://platform",
    fetch: async () => (answers.shift() ?? (() => Response.json(RUN)))(),
  });
  let said = "";
  client.trigger("one").then(
    ({ id }) => {
      said = id;
    },
    (error: Error) => {
      said = error.name;
    },
  );
  while (said === "") {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    jest.advanceTimersByTime(100);
  }
  return { said, seconds: (Date.now() - begun) / 1000 };
}

const lost = () => {
  throw new TypeError("fetch failed");
};
const busy = (retryAfter: string) => () => new Response("", { status: 503, headers: { "retry-after": retryAfter } });

test("a platform that is away for 8 s is waited for, and not for ever", async () => {
  const back = await triggered(Array.from({ length: 8 }, () => lost));
  expect(back.said).toBe(RUN.run_id);
  expect(back.seconds).toBeGreaterThan(8);
  const gone = await triggered(Array.from({ length: 9 }, () => lost));
  expect(gone.said).toBe("ConnectionError");
  expect(gone.seconds).toBeLessThan(20);
});

test("Retry-After says how long, in seconds or as a time", async () => {
  expect((await triggered([busy("7")])).seconds).toBeGreaterThan(7);
  const later = new Date(Date.now() + 9000).toUTCString();
  const { said, seconds } = await triggered([busy(later)]);
  expect(said).toBe(RUN.run_id);
  // It has whole seconds.
  expect(seconds).toBeGreaterThan(8);
  expect((await triggered([busy("soon")])).seconds).toBeLessThan(1);
});
