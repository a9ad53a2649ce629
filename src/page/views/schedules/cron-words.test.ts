import { expect, test } from "bun:test";
import { cronWords } from "./cron-words.ts";

test("patterns that people use are said in words, all others are left as they are", () => {
  const words: [pattern: string, said: string | null][] = [
    ["* * * * *", "every minute, every day"],
    ["*/15 * * * *", "every 15 minutes, every day"],
    ["*/10 * * * * *", "every 10 seconds, every day"],
    ["*/5 9-17 * * MON-FRI", "every 5 minutes from 09:00 to 17:59, on weekdays"],
    ["30 2 * * *", "at 02:30, every day"],
    ["0 8,20 * * 1,3", "at 08:00 and 20:00, on Monday and Wednesday"],
    ["0 9 1 * *", "at 09:00, on day 1 of each month"],
    ["0 9 L * *", "at 09:00, on the last day of each month"],
    ["0 0 1 1,7 *", "at 00:00, on day 1 of January and July"],
    ["15 * * * sat-sun", "hourly at minute 15, on Saturday to Sunday"],
    ["0 */6 * * *", "every 6 hours at minute 0, every day"],
    ["0 0 * * 7", "at 00:00, on Sunday"],
    ["0 0 13 * FRI", null],
    ["1-5 * * * *", null],
    ["0 0 * * MON#2", null],
    ["every day", null],
    ["", null],
  ];
  for (const [pattern, said] of words) expect([pattern, cronWords(pattern)]).toEqual([pattern, said]);
});
