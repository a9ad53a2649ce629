/** The commands behind `make stack`, and the one that ends what tests started. */
import { inOrder } from "./processes/ending.ts";
import { installAll } from "./processes/packages.ts";
import { isAlive, logTail, recordsIn } from "./processes/parts.ts";
import { kafkaFiles } from "./services/kafka-files.ts";
import { SERVICES, servicesDown, servicesUp } from "./services.ts";
import { stackDown, stackRestart, stackSettings, stackUp } from "./stack.ts";
import { tableOf } from "./table.ts";

const USAGE = `bun infrastructure/local/main.ts <command>
  up             starts the whole platform, or what of it does not run, and says where
  restart        restarts the API and worker processes one after the other, unseen by clients
  down           ends what was started; its data stays
  clean          the same, and removes its data
  status         says what runs where, and what died of what
  install        installs what the stack and the tests need, and starts nothing
  services-up    starts the services that tests use, in a folder of their own
  services-down  ends those, and removes their data

STACK_PORT (8001), STACK_BASE_PORT (14000), STACK_DIR (data/stack): set all three for a second platform beside the first.
STACK_APIS, STACK_WORKERS: how many processes, each half as many as there are cores; STACK_BROKERS (1): of Kafka, 1 or 3.
STACK_REPLICA (1): a replica of PostgreSQL that the API reads.
All of these but STACK_DIR are read when nothing runs: a stack that runs goes on with those it was started with.
RATE_LIMIT (none): requests a second that nginx takes of one address; CONNECTION_LIMIT (100): how many of them at once.
STACK_MONITORING (1): Prometheus and its exporters beside them.
SERVICES_DIR (.tools/services), SERVICES_BASE_PORT (15400): the folder of the services that tests use, and their ports.`;

const COMMANDS: Record<string, () => Promise<void>> = {
  async up() {
    const records = await stackUp(stackSettings(process.env));
    console.log(tableOf(records));
    console.log(`\nThe platform answers on ${records.find(({ name }) => name === "nginx")?.address}`);
  },
  async restart() {
    await stackRestart(stackSettings(process.env), (name) => console.log(`restarted ${name}`));
  },
  async down() {
    const ended = await stackDown(stackSettings(process.env), { data: "keep" });
    const names = inOrder(ended).map(({ name }) => name);
    console.log(names.length === 0 ? "nothing was running" : `ended ${names.toReversed().join(", ")}`);
  },
  async clean() {
    await stackDown(stackSettings(process.env), { data: "remove" });
  },
  async status() {
    const { folder } = stackSettings(process.env);
    const records = recordsIn(folder);
    if (records.length === 0) console.log(`nothing was started in ${folder}`);
    else console.log(tableOf(records));
    for (const record of records.filter((one) => !isAlive(one))) {
      console.log(`\n${record.name} is dead; ${logTail(record)}`);
      process.exitCode = 1;
    }
  },
  async install() {
    await installAll();
    await kafkaFiles();
  },
  "services-up": async () => {
    for (const [name, address] of Object.entries(await servicesUp(SERVICES))) {
      console.log(`${name}\t${address.replace(/:\/\/.*@/, "://")}`);
    }
  },
  "services-down": () => servicesDown(),
};

const command = COMMANDS[process.argv[2] ?? ""];
if (command === undefined) {
  console.error(USAGE);
  process.exit(1);
}
try {
  await command();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
