import { describe, expect, test } from "bun:test";
import { type Failure, failureOf, TooLate } from "./failures.ts";

const withCode = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

/** Every class of PostgreSQL's appendix A, and what its statement comes to: data is 422, fault is 500, the rest 503. */
const CLASSES: [failure: Failure, codes: string[]][] = [
  ["data", ["22P05", "22001", "22003", "23502", "23505", "54000", "54001"]],
  ["raced", ["40001", "40P01"]],
  ["unsent", ["08000", "08006", "08P01", "28000", "28P01", "3D000"]],
  ["unavailable", ["25006", "25P02", "25P03", "53000", "53100", "53200", "53300", "53400"]],
  ["unavailable", ["55000", "55006", "55P03", "57000", "57014", "57P01", "57P03", "57P05", "58000", "58030"]],
  ["unavailable", ["F0000", "XX000", "XX001", "XX002"]],
  [
    "fault",
    ["03000", "09000", "0A000", "0B000", "0F000", "0L000", "0P000", "0Z000", "20000", "21000", "24000", "26000"],
  ],
  [
    "fault",
    ["27000", "2B000", "2D000", "2F000", "34000", "38000", "39000", "3B000", "3F000", "42501", "42601", "42P01"],
  ],
  ["fault", ["44000", "72000", "HV000", "P0001"]],
  ["lost", ["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "ECONNRESET", "EPIPE"]],
  ["unsent", ["CONNECT_TIMEOUT", "ECONNREFUSED", "EHOSTUNREACH", "ENOTFOUND", "EAI_AGAIN", "EMFILE", "ETIMEDOUT"]],
  ["unsent", ["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID"]],
  ["fault", ["", "UNDEFINED_VALUE", "MAX_PARAMETERS_EXCEEDED"]],
];

describe("what a failure means", () => {
  for (const [failure, codes] of CLASSES) {
    for (const code of codes)
      test(`${code || "no code"}: ${failure}`, () => expect(failureOf(withCode(code))).toBe(failure));
  }

  test("a login that was refused, for whatever reason, sent no statement", () => {
    for (const code of ["53300", "57P03", "57P01", "55000", "42501"]) {
      expect(failureOf(withCode(code, { severity_local: "FATAL", severity: "FATAL" }))).toBe("unsent");
      // Of a server that speaks another language, and of PgBouncer, which sends one of the two.
      expect(failureOf(withCode(code, { severity_local: "DÖDLIGT", severity: "FATAL" }))).toBe("unsent");
      expect(failureOf(withCode(code, { severity_local: "FATAL" }))).toBe("unsent");
    }
  });

  test("no answer in time is neither", () => expect(failureOf(new TooLate("no answer"))).toBe("late"));
});
