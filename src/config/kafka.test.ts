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

test("names of topics that Kafka takes, each once", () => {
  const names = (trigger: string, completed: string) =>
    kafka({ KAFKA_TOPIC_WORKFLOW_TRIGGER: trigger, KAFKA_TOPIC_WORKFLOW_COMPLETED: completed });
  for (const [trigger, completed] of [
    ["t", "c"],
    ["Of-Mine_1.x", "..."],
    ["t".repeat(245), "c".repeat(249)],
  ] as const) {
    expect(names(trigger, completed)).toMatchObject({ triggerTopic: trigger, completedTopic: completed });
  }
  for (const wrong of ["my topic", " ", ".", "..", "t/", "tö", "a,b", "secret@".repeat(8), "t".repeat(250)]) {
    expect(() => names(wrong, "c")).toThrow(
      /^KAFKA_TOPIC_WORKFLOW_TRIGGER is no name of a topic: give 1 to 245 letters/,
    );
    expect(() => names("t", wrong)).toThrow(
      /^KAFKA_TOPIC_WORKFLOW_COMPLETED is no name of a topic: give 1 to 249 letters/,
    );
    expect(() => names(wrong, "c")).toThrow(StartError);
    expect(() => names(wrong, "c")).not.toThrow("secret");
  }
  // With `.dlq` behind it, it would be too long.
  expect(() => names("t".repeat(246), "c")).toThrow("KAFKA_TOPIC_WORKFLOW_TRIGGER");
  for (const [trigger, completed] of [
    ["t", "t"],
    ["a.b", "a_b"],
    ["t", "t.dlq"],
    ["t", "t_dlq"],
  ] as const) {
    expect(() => names(trigger, completed)).toThrow(/^KAFKA_TOPIC_WORKFLOW_COMPLETED names the trigger topic/);
  }
});

test("a group has a name", () => {
  expect(kafka({ KAFKA_CONSUMER_GROUP: "of the workers" })?.group).toBe("of the workers");
  for (const blank of [" ", "\u00a0 "]) {
    expect(() => kafka({ KAFKA_CONSUMER_GROUP: blank })).toThrow(/^KAFKA_CONSUMER_GROUP is blank/);
  }
});
