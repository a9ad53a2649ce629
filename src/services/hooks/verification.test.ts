import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { HookVerification, Scheme } from "../../schemas/hook.ts";
import { isSecret, verified } from "./verification.ts";

const NOW = Date.UTC(2030, 0, 1);
const SECONDS = NOW / 1000;
const body = Buffer.from('{"a": "ä"}');

function verify(scheme: Scheme, secret: string, headers: Record<string, string>, bytes: Uint8Array = body): string[] {
  return verified({ scheme, secret }, new Headers(headers), bytes, NOW).map(({ key }) => key);
}

/** Why it is refused. */
function refusal(...args: Parameters<typeof verify>): string {
  try {
    verify(...args);
  } catch (error) {
    return String(error);
  }
  return "taken";
}

describe("standard", () => {
  const key = Buffer.from("0123456789abcdef");
  const secret = `whsec_${key.toString("base64")}`;
  const signed = (seconds = SECONDS, by = key) => {
    const text = createHmac("sha256", by).update(`msg_1.${seconds}.`).update(body).digest("base64");
    return { "webhook-id": "msg_1", "webhook-timestamp": String(seconds), "webhook-signature": `v1,${text}` };
  };

  test("the example of its specification", () => {
    const example = { scheme: "standard" as const, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
    const headers = new Headers({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
    const keys = verified(example, headers, Buffer.from('{"test": 2432232314}'), 1_614_265_330_000);
    expect(keys).toHaveLength(2);
  });

  test("one of several signatures does, whichever it is", () => {
    const headers = signed();
    const both = { ...headers, "webhook-signature": `v1,AAAA v2,x ${headers["webhook-signature"]}` };
    expect(verify("standard", secret, both)).toEqual(verify("standard", secret, headers));
  });

  test("another secret, body, id or version is refused", () => {
    const other = "does not fit";
    expect(refusal("standard", secret, signed(SECONDS, Buffer.from("another secret")))).toContain(other);
    expect(refusal("standard", secret, signed(), Buffer.from("{}"))).toContain(other);
    expect(refusal("standard", secret, { ...signed(), "webhook-id": "msg_2" })).toContain(other);
    const signature = signed()["webhook-signature"].replace("v1", "v1a");
    expect(refusal("standard", secret, { ...signed(), "webhook-signature": signature })).toContain(other);
  });

  test("five minutes are the limit, both ways", () => {
    for (const seconds of [SECONDS - 300, SECONDS + 300])
      expect(refusal("standard", secret, signed(seconds))).toBe("taken");
    for (const seconds of [SECONDS - 301, SECONDS + 301]) {
      expect(refusal("standard", secret, signed(seconds))).toContain("five minutes");
    }
  });

  test("what is missing is said", () => {
    for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
      const { [name]: _, ...headers } = Object.fromEntries(Object.entries(signed()));
      expect(refusal("standard", secret, headers)).toContain(`no header ${name}`);
    }
  });
});

describe("github", () => {
  const secret = "It's a Secret to Everybody";

  test("the example of its documentation", () => {
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const headers = { "x-hub-signature-256": signature };
    expect(verify("github", secret, headers, Buffer.from("Hello, World!"))).toHaveLength(1);
    const delivery = { ...headers, "x-github-delivery": "72d3162e" };
    expect(verify("github", secret, delivery, Buffer.from("Hello, World!"))).toHaveLength(2);
    expect(refusal("github", secret, headers, Buffer.from("Hello, World?"))).toContain("does not fit");
  });

  test("a signature that is none", () => {
    for (const text of ["sha256=", "sha1=00", "x"]) {
      expect(refusal("github", secret, { "x-hub-signature-256": text })).toContain("does not fit");
    }
    expect(refusal("github", secret, {})).toContain("no header x-hub-signature-256");
  });
});

describe("stripe", () => {
  const secret = "whsec_a_secret";
  const signed = (seconds = SECONDS) =>
    `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex")}`;

  test("its time is signed with the body", () => {
    const headers = { "stripe-signature": `${signed()},v0=00` };
    expect(verify("stripe", secret, headers)).toHaveLength(1);
    const later = signed().replace(`t=${SECONDS}`, `t=${SECONDS + 1}`);
    expect(refusal("stripe", secret, { "stripe-signature": later })).toContain("does not fit");
    expect(refusal("stripe", secret, { "stripe-signature": signed(SECONDS - 301) })).toContain("five minutes");
    expect(refusal("stripe", secret, { "stripe-signature": signed().slice(`t=${SECONDS},`.length) })).toContain(
      "no time",
    );
  });
});

test("a secret of the standard is base64", () => {
  const standard = (secret: string): HookVerification => ({ scheme: "standard", secret });
  expect(isSecret(standard("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))).toBe(true);
  expect(isSecret(standard("not base64!"))).toBe(false);
  expect(isSecret({ scheme: "github", secret: "not base64!" })).toBe(true);
});
