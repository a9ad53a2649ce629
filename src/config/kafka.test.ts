import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config.ts";
import { StartError } from "../errors.ts";

const ON = { POSTGRES_HOST: "db", KAFKA_BOOTSTRAP_SERVERS: "one:9092" };
const USER = { KAFKA_SASL_USERNAME: "platform", KAFKA_SASL_PASSWORD: "canary, of any letters:@/" };
const kafka = (set: Record<string, string>) => loadConfig({ ...ON, ...set }).kafka;

test("the user and how it is proven; SCRAM unless another is named", () => {
  const user = { username: USER.KAFKA_SASL_USERNAME, password: USER.KAFKA_SASL_PASSWORD };
  expect(kafka(USER)?.sasl).toEqual({ mechanism: "SCRAM-SHA-512", ...user });
  expect(kafka({ ...USER, KAFKA_SASL_MECHANISM: "PLAIN" })?.sasl).toEqual({ mechanism: "PLAIN", ...user });
  expect(kafka({ KAFKA_SASL_MECHANISM: "PLAIN" })?.sasl).toBeNull();
});

test("TLS with the system's certificates, or those of a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "kafka-config-"));
  const [ca, other] = [join(folder, "ca.pem"), join(folder, "other")];
  writeFileSync(ca, "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");
  writeFileSync(other, "no certificate");
  expect(kafka({})?.tls).toBeNull();
  expect(kafka({ KAFKA_SSL: "true" })?.tls).toEqual({ ca: null });
  expect(kafka({ KAFKA_SSL: "true", KAFKA_SSL_CA_FILE: ca })?.tls?.ca).toStartWith("-----BEGIN CERTIFICATE-----");
  const refused: [set: Record<string, string>, sentence: RegExp][] = [
    [{ KAFKA_SSL: "true", KAFKA_SSL_CA_FILE: other }, /^KAFKA_SSL_CA_FILE names a file without a certificate in PEM$/],
    [
      { KAFKA_SSL: "true", KAFKA_SSL_CA_FILE: `${ca}x` },
      /^KAFKA_SSL_CA_FILE names a file that can't be read \(ENOENT\)$/,
    ],
    [{ KAFKA_SSL_CA_FILE: ca }, /^KAFKA_SSL_CA_FILE is for TLS: set KAFKA_SSL=true/],
    [{ KAFKA_SSL: "yes" }, /^KAFKA_SSL=yes is not a valid setting/],
  ];
  for (const [set, sentence] of refused) {
    expect(() => kafka(set)).toThrow(StartError);
    expect(() => kafka(set)).toThrow(sentence);
  }
  rmSync(folder, { recursive: true });
});

test("a user without a password, a password without a user, and an unknown mechanism end the start without the password", () => {
  for (const name of ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const) {
    expect(() => kafka({ [name]: USER[name] })).toThrow(/^KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together/);
  }
  const unknown = { ...USER, KAFKA_SASL_MECHANISM: "GSSAPI" };
  expect(() => kafka(unknown)).toThrow(/^KAFKA_SASL_MECHANISM=GSSAPI is not a valid setting/);
  expect(() => kafka(unknown)).not.toThrow("canary");
});
