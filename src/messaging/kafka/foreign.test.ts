import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { servicesUp } from "../../../infrastructure/local/services.ts";
import { runIdsOf, TestWorker, triggerEvents, until, untilClaimed } from "../../../tests/contracts/messaging/worker.ts";
import { deadLetters } from "../../metrics/table.ts";
import { createTopic, headersOf, Place } from "./kafka.fixture.ts";

setDefaultTimeout(60_000);
const { kafka } = await servicesUp(["kafka"]);
const places: Place[] = [];
afterAll(() => Promise.all(places.map((place) => place.close())));

/** Messaging on one partition, so that whatever comes behind a message shows that the partition went on. */
async function consuming(): Promise<{ place: Place; worker: TestWorker }> {
  const place = new Place(kafka, { partitions: 1 });
  places.push(place);
  const worker = new TestWorker();
  (await place.open()).consumeTriggers(worker);
  return { place, worker };
}

/** A run that a message may name, as other programs write it. */
function foreignEvents(count: number): { run_id: string; workflow_id: string; payload: object }[] {
  return triggerEvents(count).map(({ run_id, workflow_id }) => ({ run_id, workflow_id, payload: { a: 1 } }));
}

/** Whether a run behind everything so far is claimed. */
async function goesOn(place: Place, worker: TestWorker): Promise<void> {
  const [event] = foreignEvents(1);
  const runId = event?.run_id ?? "";
  await place.produce(JSON.stringify(event), runId);
  await untilClaimed(worker, [runId]);
}

const client = new Kafka({ brokers: [kafka], logLevel: logLevel.NOTHING });

/** A message without a value, which kcat does not send. */
async function produceNothing(topic: string, key: string): Promise<void> {
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: [{ key, value: null }] });
  await producer.disconnect();
}

describe("another program's trigger is claimed", () => {
  const [event] = foreignEvents(1);
  const runId = event?.run_id ?? "";
  const accepted: [what: string, value: object][] = [
    ["as the contract writes it", { ...event }],
    ["without a payload", { run_id: runId, workflow_id: "example" }],
    ["with a payload of null", { run_id: runId, workflow_id: "example", payload: null }],
    ["with more fields", { ...event, source: "cron", at: 5 }],
    ["with a run id in capitals", { ...event, run_id: runId.toUpperCase() }],
    ["with a payload of 900 kB", { ...event, payload: { text: "x".repeat(900_000) } }],
  ];
  for (const [what, value] of accepted) {
    test(what, async () => {
      const { place, worker } = await consuming();
      await place.produce(JSON.stringify(value, null, 2), "any key");
      await untilClaimed(worker, [runId]);
      expect(worker.namespaces.get(runId)).toBe("default");
    });
  }

  test("however it is compressed", async () => {
    const { place, worker } = await consuming();
    const events = foreignEvents(4);
    for (const [index, codec] of ["gzip", "snappy", "lz4", "zstd"].entries()) {
      // A short value is sent as it is.
      const value = JSON.stringify({ ...events[index], payload: { text: "x".repeat(10_000) } });
      await place.produce(value, "key", "-z", codec);
    }
    await untilClaimed(worker, runIdsOf(events));
  });
});

test("every kind of foreign message is put aside with its reason, and the partition goes on", async () => {
  const { place, worker } = await consuming();
  const [good, absent] = foreignEvents(2);
  const id = good?.run_id ?? "";
  worker.missing.add(absent?.run_id ?? "");
  const kinds: [value: string | null, reason: RegExp][] = [
    ["this is no JSON", /^broken JSON/],
    ['{"run_id":', /^broken JSON/],
    ["[".repeat(100_000), /^broken JSON/],
    ["\u0000\u0002\ufffd", /^broken JSON/],
    [null, /^no value/],
    ["null", /^wrong types/],
    ["[]", /^wrong types/],
    ['"text"', /^wrong types/],
    ["{}", /^wrong types.*run_id/],
    [JSON.stringify({ run_id: 5, workflow_id: "a" }), /^wrong types.*run_id/],
    [JSON.stringify({ run_id: id }), /^wrong types.*workflow_id/],
    [JSON.stringify({ ...good, workflow_id: 5 }), /^wrong types.*workflow_id/],
    [JSON.stringify({ ...good, payload: "text" }), /^wrong types.*payload/],
    [JSON.stringify({ ...good, payload: [1] }), /^wrong types.*payload/],
    [JSON.stringify({ ...good, run_id: "run 5" }), /^run_id is no uuid/],
    [JSON.stringify(absent), /^unknown run/],
    // What a topic of the default size just takes.
    ["x".repeat(1_048_400), /^broken JSON/],
  ];
  const counted = () =>
    (["unreadable", "no_value", "invalid", "unknown_run"] as const).map((reason) => deadLetters.of({ reason }).value);
  const before = counted();
  for (const [index, [value]] of kinds.entries()) {
    if (value === null) await produceNothing(place.trigger, `key ${index}`);
    else await place.produce(value, `key ${index}`);
  }
  await goesOn(place, worker);

  const letters = await place.messages(place.deadLetters, kinds.length);
  expect(letters.length).toBe(kinds.length);
  for (const [index, [value, reason]] of kinds.entries()) {
    const letter = letters.find(({ key }) => key === `key ${index}`);
    if (letter === undefined) throw new Error(`no dead letter for kind ${index}`);
    expect(letter.payload === value).toBe(true);
    const { reason: said, ...rest } = headersOf(letter);
    expect(said).toMatch(reason);
    expect(rest).toEqual({ topic: place.trigger, partition: "0", offset: String(index) });
  }
  expect(worker.claimed.length).toBe(1);
  // What is no JSON is unreadable, what is JSON of another shape invalid.
  expect(counted().map((count, index) => count - (before[index] ?? 0))).toEqual([5, 1, 10, 1]);
});

test("many foreign messages are one line a second, with their count", async () => {
  const { place, worker } = await consuming();
  const lines = Array.from({ length: 1500 }, (_, index) => `no JSON ${index}`).join("\u0001");
  await place.produce(lines, "key");
  await goesOn(place, worker);
  const said = () => place.logged.filter(({ msg }) => msg === "foreign messages put aside");
  await until(
    () => said().reduce((count, line) => count + Number(line.count), 0) === 1500,
    () => JSON.stringify(said()),
  );
  expect(said().length).toBeLessThan(6);
  expect(said().at(-1)?.total).toBe(1500);
  expect(place.warnings.length).toBe(said().length);
});

test("a letter that its topic does not take whole is cut, and says so", async () => {
  const { place, worker } = { place: new Place(kafka, { partitions: 1 }), worker: new TestWorker() };
  places.push(place);
  await createTopic(kafka, place.deadLetters, { "max.message.bytes": "20000" });
  (await place.open()).consumeTriggers(worker);
  await place.produce(`${"x".repeat(50_000)}\u0001small\u0001${"y".repeat(60_000)}`, "key");
  await goesOn(place, worker);
  const letters = await place.messages(place.deadLetters, 3);
  const found = letters.map((letter) => [letter.payload, headersOf(letter).reason, headersOf(letter).cut]);
  expect(found.toSorted()).toEqual([
    ["small", "broken JSON", undefined],
    ["x".repeat(10_000), "broken JSON", "from 3 + 50000 bytes"],
    ["y".repeat(10_000), "broken JSON", "from 3 + 60000 bytes"],
  ]);
});

test("a letter that its topic does not take at all is logged, and the partition goes on", async () => {
  const { place, worker } = { place: new Place(kafka, { partitions: 1 }), worker: new TestWorker() };
  places.push(place);
  await createTopic(kafka, place.deadLetters, { "max.message.bytes": "200" });
  (await place.open()).consumeTriggers(worker);
  await place.produce("x".repeat(50_000), "key");
  await goesOn(place, worker);
  // Fetched together, the run is claimed before the letter is sent.
  const lost = () => place.logged.filter(({ msg }) => msg.startsWith("a foreign message is lost"));
  await until(
    () => lost().length > 0,
    () => "the lost letter is not logged",
  );
  expect(lost().map(({ key, offset }) => [key, offset])).toEqual([["key", "0"]]);
});
