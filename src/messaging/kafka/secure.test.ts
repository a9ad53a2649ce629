/** A broker that takes known users alone, over TLS, and each for what it may do; and one on an IPv6 address. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathOf, run } from "../../../infrastructure/local/processes/packages.ts";
import { kafkaFiles } from "../../../infrastructure/local/services/kafka-files.ts";
import {
  completedEvents,
  runIdsOf,
  TestWorker,
  triggerEvents,
  untilClaimed,
} from "../../../tests/contracts/messaging/worker.ts";
import type { SaslConfig } from "../../config/kafka.ts";
import { OwnBroker } from "./broker.fixture.ts";
import { Place } from "./kafka.fixture.ts";

setDefaultTimeout(60_000);

const PASSWORD = "canary-of-the-platform";
const folder = mkdtempSync(join(tmpdir(), "kafka-tls-"));
const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
await run([
  ...["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
  ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
]);
/** A value of several lines as a properties file has it. */
const inOneLine = (file: string) => readFileSync(file, "utf8").trim().replaceAll("\n", "\\n");
const plain = "org.apache.kafka.common.security.plain.PlainLoginModule";
const scram = "org.apache.kafka.common.security.scram.ScramLoginModule";

const broker = new OwnBroker((port) => [
  `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1},SECURE://127.0.0.1:${port + 2},SIX://[::1]:${port + 3}`,
  "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL,SIX:PLAINTEXT",
  "listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
  `listener.name.secure.plain.sasl.jaas.config=${plain} required user_platform="${PASSWORD}" user_stranger="stranger";`,
  `listener.name.secure.scram-sha-256.sasl.jaas.config=${scram} required;`,
  `listener.name.secure.scram-sha-512.sasl.jaas.config=${scram} required;`,
  "ssl.keystore.type=PEM",
  `ssl.keystore.certificate.chain=${inOneLine(certificate)}`,
  `ssl.keystore.key=${inOneLine(key)}`,
  "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "super.users=User:ANONYMOUS;User:platform;User:scrammed",
]);
await broker.start();
const places: Place[] = [];
afterAll(async () => {
  await Promise.all(places.map((place) => place.close()));
  await broker.remove();
  rmSync(folder, { recursive: true });
});

const secure = `127.0.0.1:${broker.port + 2}`;
const tls = { ca: readFileSync(certificate, "utf8") };

function placeFor(sasl: SaslConfig | null): Place {
  const place = new Place(secure, { sasl, tls });
  places.push(place);
  return place;
}

async function works(place: Place): Promise<void> {
  const messaging = await place.open();
  const worker = new TestWorker();
  messaging.consumeTriggers(worker);
  const events = triggerEvents(20);
  await messaging.publishTriggers(events);
  await messaging.publishCompleted(completedEvents(20));
  await untilClaimed(worker, runIdsOf(events));
}

test("a user with PLAIN over TLS", () =>
  works(placeFor({ mechanism: "PLAIN", username: "platform", password: PASSWORD })));

test("a user with SCRAM over TLS", async () => {
  const java = [pathOf("java"), "-cp", join(await kafkaFiles(), "*"), "kafka.admin.ConfigCommand"];
  const user = ["--entity-type", "users", "--entity-name", "scrammed"];
  // Each takes a Java of its own.
  const mechanisms =
    process.env.TEST_SIZE === "full" ? (["SCRAM-SHA-256", "SCRAM-SHA-512"] as const) : (["SCRAM-SHA-512"] as const);
  for (const mechanism of mechanisms) {
    const add = `${mechanism}=[password=${PASSWORD}]`;
    await run([...java, "--bootstrap-server", broker.address, "--alter", "--add-config", add, ...user]);
    await works(placeFor({ mechanism, username: "scrammed", password: PASSWORD }));
  }
});

test("a wrong password, no user, and a user who may do nothing are down, and say why without the password", async () => {
  const users: [sasl: SaslConfig | null, why: RegExp][] = [
    [{ mechanism: "PLAIN", username: "platform", password: `${PASSWORD}-wrong` }, /authentication failed/i],
    [{ mechanism: "SCRAM-SHA-512", username: "platform", password: PASSWORD }, /authentication failed/i],
    [null, /closed|SASL|disconnected|answer/i],
    [{ mechanism: "PLAIN", username: "stranger", password: "stranger" }, /not authorized/i],
  ];
  for (const [sasl, why] of users) {
    const place = placeFor(sasl);
    const messaging = await place.open();
    expect(messaging.isUp()).toBe(false);
    const said = place.logged.find(({ msg }) => msg.startsWith("Kafka does not answer"));
    expect(String(said?.error)).toMatch(why);
    expect(JSON.stringify(place.logged)).not.toContain("canary");
    await messaging.close();
  }
});

test("a broker on an IPv6 address", async () => {
  const place = new Place(`[::1]:${broker.port + 3}`);
  places.push(place);
  await works(place);
});
