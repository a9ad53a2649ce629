import { describe, expect, test } from "bun:test";
import { StartError } from "../errors.ts";
import { brokersOf } from "./brokers.ts";

describe("taken", () => {
  const cases: [list: string, brokers: string[]][] = [
    ["127.0.0.1:9092", ["127.0.0.1:9092"]],
    ["127.0.0.1:9092,", ["127.0.0.1:9092"]],
    [",,kafka-1.example:9092 ,\tkafka_2:65535,", ["kafka-1.example:9092", "kafka_2:65535"]],
    ["kafka.example.:1", ["kafka.example.:1"]],
    ["[::1]:9092,[2001:db8::7]:9093", ["[::1]:9092", "[2001:db8::7]:9093"]],
  ];
  for (const [list, brokers] of cases) test(JSON.stringify(list), () => expect(brokersOf(list)).toEqual(brokers));
});

describe("refused with one sentence that names the entry and repeats nothing of it", () => {
  const entries = [
    "host",
    "host:",
    ":9092",
    "host:port:x",
    "host:9092:9093",
    "host:0",
    "host:99999",
    "host:65536",
    "host:9e3",
    "host:-1",
    "host: 9092",
    "two hosts:9092",
    "one:9092;two:9092",
    "::1:9092",
    "[::1]",
    "[::1]:",
    "[127.0.0.1]:9092",
    "[kafka]:9092",
    "[::g]:9092",
    "PLAINTEXT://host:9092",
    "kafka://host:9092/topic",
    "SASL_SSL://user:secret@host:9092",
    "user:secret@host:9092",
    "-host:9092",
    "host/:9092",
  ];
  for (const entry of entries) {
    test(JSON.stringify(entry), () => {
      for (const list of [`one:9092,${entry}`, `one:9092, ${entry},`]) {
        const refuse = () => brokersOf(list);
        expect(refuse).toThrow(StartError);
        expect(refuse).toThrow(/^KAFKA_BOOTSTRAP_SERVERS: entry 2 is no address of a broker; write host:port/);
        expect(refuse).not.toThrow("secret");
      }
    });
  }
  for (const list of [",", " , ", " "]) {
    test(JSON.stringify(list), () => expect(() => brokersOf(list)).toThrow(/names no broker/));
  }
});
