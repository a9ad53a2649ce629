import { expect, test } from "bun:test";
import { ValidationFailed } from "../../../errors.ts";
import { readBody } from "./body.ts";

/** What is said about each number of a list that is refused. */
async function refusals(numbers: string[]): Promise<string[]> {
  const headers = { "content-type": "application/json" };
  const request = new Request("http://a/", { method: "POST", headers, body: `[${numbers.join()}]` });
  const failure = await readBody(request).catch((error) => error);
  if (!(failure instanceof ValidationFailed)) throw failure;
  return failure.faults.map(({ msg }) => msg);
}

const kinds: { title: string; numbers: string[]; says: RegExp }[] = [
  {
    title: "too close to 0",
    numbers: ["1e-400", "-1e-400", "4e-324", "1.2345e-320", `0.${"0".repeat(400)}1`],
    says: /closer to 0 than a double .* send it as a string/,
  },
  {
    title: "beyond the largest double",
    numbers: ["1e400", "-1e400", "1.8e308", `1${"0".repeat(309)}`],
    says: /beyond the largest double .* send it as a string/,
  },
  {
    title: "of too many whole digits",
    numbers: ["9007199254740993", "-9007199254740993", "12345678901234567890.5", "100000000000000000001"],
    says: /more digits than a double, which holds integers up to 2\^53 .* send it as a string/,
  },
];
for (const { title, numbers, says } of kinds) {
  test(`a number ${title} is refused as such`, async () => {
    expect(await refusals(numbers)).toEqual(numbers.map(() => expect.stringMatching(says)));
  });
}
