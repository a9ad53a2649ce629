/** Batches of records that other programs compress or damage: the broker hands them out as they are. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { CompressionCodecs, CompressionTypes, Kafka, logLevel, type Message } from "kafkajs";
import { runIdsOf, TestWorker, triggerEvents, until, untilClaimed } from "../../../tests/contracts/messaging/worker.ts";
import { OwnBroker } from "./broker.fixture.ts";
import { createTopic, headersOf, Place } from "./kafka.fixture.ts";
import { partitioner } from "./partitioner.ts";

setDefaultTimeout(60_000);
const broker = new OwnBroker();
await broker.start();
const places: Place[] = [];
afterAll(async () => {
  await Promise.all(places.map((place) => place.close()));
  await broker.remove();
});

const client = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });

/** Topics of which the one for triggers keeps what is sent as it is compressed, or compresses it in one way. */
async function placeOf(compression: string): Promise<Place> {
  const place = new Place(broker.address, { partitions: 1 });
  places.push(place);
  await createTopic(broker.address, place.trigger, { "compression.type": compression });
  return place;
}

async function consume(place: Place): Promise<{ worker: TestWorker; isDegraded: () => boolean }> {
  const worker = new TestWorker();
  const messaging = await place.open();
  messaging.consumeTriggers(worker);
  return { worker, isDegraded: () => messaging.isDegraded() };
}

/** Sends messages as one batch of records. */
async function send(topic: string, messages: Message[], compression = CompressionTypes.None): Promise<void> {
  const producer = client.producer({ createPartitioner: partitioner });
  await producer.connect();
  await producer.send({ topic, compression, messages });
  await producer.disconnect();
}

/** A run, and the text of its message. */
function trigger(payload: object = {}): { runId: string; value: string } {
  const [{ run_id = "", workflow_id = "" } = {}] = triggerEvents(1);
  return { runId: run_id, value: JSON.stringify({ run_id, workflow_id, payload }) };
}

for (const type of ["zstd", "lz4", "snappy", "gzip", "producer"]) {
  test(`a topic whose compression is ${type} is read, whatever a program sends`, async () => {
    const place = await placeOf(type);
    const triggers = ["none", "zstd", "lz4", "snappy", "gzip"].map((codec) => ({
      codec,
      ...trigger({ text: "x".repeat(50_000) }),
    }));
    for (const { codec, value } of triggers) await place.produce(value, "key", "-z", codec);
    const { worker, isDegraded } = await consume(place);
    await untilClaimed(
      worker,
      triggers.map(({ runId }) => runId),
    );
    expect(isDegraded()).toBe(false);
  });
}

test("a batch that unpacks to too much is put aside as it is, and the partition goes on, degraded", async () => {
  const place = await placeOf("producer");
  const unpack = CompressionCodecs[CompressionTypes.ZSTD]();
  const compress = async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer);
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({ ...unpack, compress });
  const [first, last] = [trigger(), trigger()];
  await place.produce(first.value, "key");
  const bomb = Buffer.alloc(20_000_000);
  await send(place.trigger, [{ key: "a", value: bomb }, { value: "b" }], CompressionTypes.ZSTD);
  await place.produce(last.value, "key");

  const { worker, isDegraded } = await consume(place);
  await untilClaimed(worker, [first.runId, last.runId]);
  const [letter] = await place.messages(place.deadLetters, 1);
  expect(headersOf(letter)).toEqual({
    topic: place.trigger,
    partition: "0",
    // Of the last record of the batch.
    offset: "2",
    reason: "unreadable batch, here with its bytes: more than 16777216 bytes once unpacked",
  });
  expect(isDegraded()).toBe(true);
  // A process that consumes nothing tells so as well, once it sees the next one.
  const api = await place.open();
  expect(api.isDegraded()).toBe(false);
  await place.produce("no JSON", "key");
  await until(
    () => api.isDegraded(),
    () => "the API is not degraded",
  );
  expect(api.deadLetters()).toBeGreaterThan(0);
});

test("many small batches that unpack to much are read a few at a time", async () => {
  const place = await placeOf("producer");
  const triggers = Array.from({ length: 30 }, () => trigger({ text: "x".repeat(900_000) }));
  for (const { value } of triggers) await place.produce(value, "key", "-z", "zstd");
  const { worker } = await consume(place);
  await untilClaimed(
    worker,
    triggers.map(({ runId }) => runId),
  );
  // 4 MiB at a time, at most one batch more.
  expect(Math.max(...worker.claims.map(({ length }) => length))).toBeLessThanOrEqual(6);
});

test("odd headers and a long key hold up nothing", async () => {
  const place = await placeOf("producer");
  const [many, last] = [trigger(), trigger()];
  const names = Array.from({ length: 20_000 }, (_, index) => [`name ${index}`, "value"]);
  const same = { same: Array.from({ length: 20_000 }, () => "value") };
  await send(place.trigger, [{ value: many.value, headers: { ...Object.fromEntries(names), workflow_version: "x" } }]);
  await send(place.trigger, [{ value: "no JSON", headers: { ...same, "": "", __proto__: "x", reason: ["a", "b"] } }]);
  await send(place.trigger, [{ key: Buffer.alloc(1_000_000, "k"), value: "no JSON either" }]);
  await place.produce("no JSON, a header without a value", "key", "-H", "empty");
  await place.produce(last.value, "key");
  const { worker } = await consume(place);
  await untilClaimed(worker, [many.runId, last.runId]);
  const letters = await place.messages(place.deadLetters, 3);
  expect(letters.map(({ payload, key }) => [payload, key?.length ?? 0])).toEqual([
    ["no JSON", 0],
    ["no JSON either", 1_000_000],
    ["no JSON, a header without a value", 3],
  ]);
  expect(headersOf(letters[0]).reason).toBe("broken JSON");
});

test("damaged batches are put aside, and what is before, between and behind them is claimed", async () => {
  const place = await placeOf("producer");
  const triggers = Array.from({ length: 5 }, () => trigger({ text: "x".repeat(5000) }));
  /** Where a batch is damaged: bytes behind its beginning. */
  const damage: [at: number, byte: number][] = [
    // Its magic byte, which says the version of the format.
    [16, 7],
    // The length of its first record.
    [61, 0x7e],
    // The beginning of its packed records.
    [61, 0xff],
    // How many records there are.
    [57, 0x7f],
  ];
  for (const [index, { value }] of triggers.entries()) {
    await place.produce(value, `good ${index}`);
    if (index < damage.length) await place.produce(trigger().value, "bad", ...(index === 2 ? ["-z", "zstd"] : []));
  }
  await broker.stop();
  const folder = join(broker.data, `${place.trigger}-0`);
  const [segment = ""] = readdirSync(folder).filter((name) => name.endsWith(".log"));
  const log = readFileSync(join(folder, segment));
  for (let at = 0, batch = 0; at < log.length; at += 12 + log.readInt32BE(at + 8), batch++) {
    const [place, byte] = batch % 2 === 1 ? (damage[(batch - 1) / 2] ?? []) : [];
    if (place !== undefined && byte !== undefined) log.writeUInt8(byte, at + place);
  }
  writeFileSync(join(folder, segment), log);
  await broker.start();

  const { worker, isDegraded } = await consume(place);
  await untilClaimed(worker, runIdsOf(triggers.map(({ runId }) => ({ run_id: runId }))));
  const letters = await place.messages(place.deadLetters, damage.length);
  expect(letters.map((letter) => headersOf(letter).offset)).toEqual(["1", "3", "5", "7"]);
  for (const letter of letters) {
    expect(headersOf(letter).reason).toMatch(/^unreadable batch, here with its bytes: damaged/);
  }
  expect(isDegraded()).toBe(true);
});
