/** How the services of docker-compose.yml meet, start and are held: ports, networks, order, health, limits. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { install, pathOf, run } from "../infrastructure/local/processes/packages.ts";
import { render } from "../infrastructure/local/services/nginx.ts";
import { isBroker, listening, told } from "./harness/docker/addresses.ts";
import { composeConfig, type Service, servicesOf } from "./harness/docker/compose.ts";
import { imageEnvironment, instructionsOf, readText } from "./harness/docker/files.ts";
import { at } from "./harness/http/json.ts";
import { REPOSITORY } from "./harness/platform.ts";

// The first time programs are installed.
setDefaultTimeout(180_000);

const BROKERS = ["kafka", "kafka-2", "kafka-3"];

let services: Service[] = [];
let exposed: Service[] = [];
/** With three brokers. */
let clustered: Service[] = [];
beforeAll(async () => {
  await install(["nginx"]);
  await install(["docker-compose"]);
  const passwords = {
    POSTGRES_PASSWORD: "0a1b2c",
    POSTGRES_ADMIN_PASSWORD: "3d4e5f",
    KAFKA_PASSWORD: "6a7b8c",
    REDIS_PASSWORD: "9d0e1f",
  };
  services = servicesOf((await composeConfig(passwords)).printed);
  clustered = servicesOf((await composeConfig({ ...passwords, ...offered(/^(KAFKA_\w+)=(.+)$/) })).printed);
  exposed = servicesOf((await composeConfig({ ...passwords, PUBLISH_ADDRESS: "0.0.0.0" })).printed);
});

const service = (name: string, among = services): Service => {
  const found = among.find((one) => one.name === name);
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
/** Lines of .env.example that stay out unless somebody wants them. */
const offered = (line: RegExp) =>
  Object.fromEntries(
    readText(".env.example")
      .split("\n")
      .flatMap((text) => (text.startsWith("#") && line.test(text.slice(1)) ? [text.slice(1).split(/=(.*)/, 2)] : [])),
  );
const variable = (name: string, key: string) => service(name).environment[key] ?? "";
const after = (words: string[], option: string) => words[words.indexOf(option) + 1] ?? "";

describe("who talks to whom", () => {
  test("names a service by the port on which it listens", () => {
    const known = listening(services);
    for (const one of [...services, ...clustered])
      expect([one.name, told(one).filter((to) => !known.includes(to))]).toEqual([one.name, []]);
    expect(told(service("nginx")).sort()).toEqual(["api-1:8001", "api-2:8001", "api-3:8001"]);
    expect(told(service("api-1")).sort()).toEqual(["kafka:9092", "pgbouncer:6432", "postgres:5432", "redis:6379"]);
    expect(told(service("worker-3"))).toEqual(told(service("api-1")));
    expect(told(service("pgbouncer"))).toEqual(["postgres:5432"]);
    expect(told(service("benchmark"))).toEqual(["nginx:8001"]);
    for (const name of BROKERS) {
      expect(variable(name, "KAFKA_ADVERTISED_LISTENERS")).toBe(`CLIENTS://${name}:9092,LOCAL://127.0.0.1:9094`);
    }
    expect(told(service("grafana"))).toEqual(["prometheus:9090"]);
  });

  test("at a broker that takes the platform's user alone", () => {
    const { KAFKA_SASL_USERNAME: user, KAFKA_SASL_PASSWORD: password } = service("api-1").environment;
    const kafka = service("kafka").environment;
    const [clients, controllers, ...others] = kafka.KAFKA_LISTENERS?.split(",") ?? [];
    expect([clients, controllers]).toEqual(["CLIENTS://:9092", "CONTROLLER://:9093"]);
    for (const listener of ["CLIENTS", "CONTROLLER"]) {
      expect(kafka.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP?.split(",")).toContain(`${listener}:SASL_PLAINTEXT`);
      const login = kafka[`KAFKA_LISTENER_NAME_${listener}_PLAIN_SASL_JAAS_CONFIG`];
      expect(login).toEndWith(` required username="${user}" password="${password}" user_${user}="${password}";`);
    }
    // Every other listener is one of the container's own.
    for (const address of others) expect(address).toContain("://127.0.0.1:");
  });

  test("as one of three brokers like any other, where the lines of .env.example for them are taken", () => {
    const settings = ({ environment: { KAFKA_NODE_ID, KAFKA_ADVERTISED_LISTENERS, ...same } }: Service) => same;
    const brokers = clustered.filter(({ name }) => isBroker(name));
    expect(brokers.map(({ name, environment }) => [name, environment.KAFKA_NODE_ID])).toEqual([
      ["kafka", "1"],
      ["kafka-2", "2"],
      ["kafka-3", "3"],
    ]);
    for (const one of brokers) expect(settings(one)).toEqual(settings(service("kafka", clustered)));
    expect(service("kafka", clustered).environment).toMatchObject({
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@kafka:9093,2@kafka-2:9093,3@kafka-3:9093",
      KAFKA_DEFAULT_REPLICATION_FACTOR: "3",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "3",
      KAFKA_MIN_INSYNC_REPLICAS: "2",
    });
    expect(told(service("worker-1", clustered)).filter((to) => isBroker(to))).toEqual([
      "kafka:9092",
      "kafka-2:9092",
      "kafka-3:9092",
    ]);
    expect(offered(/^COMPOSE_PROFILES=/)).toEqual({ COMPOSE_PROFILES: "brokers" });
  });

  test("shares a network with it, and waits for its health", () => {
    const healthy = services.filter(({ healthcheck, build }) => healthcheck !== null || build === ".");
    for (const one of services) {
      for (const other of told(one).map((to) => service(to.split(":")[0] ?? ""))) {
        expect([one.name, other.name, one.networks.some((net) => other.networks.includes(net))]).toEqual([
          one.name,
          other.name,
          true,
        ]);
        // A broker is healthy once there are two of them.
        if (isBroker(one.name)) continue;
        expect([one.name, one.dependsOn[other.name]]).toEqual([one.name, "service_healthy"]);
        expect(healthy).toContain(other);
      }
    }
    const roots = services.filter(({ dependsOn }) => Object.keys(dependsOn).length === 0);
    expect(roots.map(({ name }) => name).sort()).toEqual([...BROKERS, "postgres", "prometheus", "redis"]);
    // nginx stands before the API alone.
    for (const name of ["postgres", "pgbouncer", "redis", "kafka"]) {
      expect(service(name).networks.some((net) => service("nginx").networks.includes(net))).toBe(false);
    }
  });

  test("in the same database, as the same role", () => {
    const [database, role] = [variable("postgres", "POSTGRES_DB"), variable("postgres", "PLATFORM_USER")];
    for (const one of services.filter(({ environment }) => environment.POSTGRES_HOST !== undefined)) {
      expect([one.name, one.environment.POSTGRES_DB, one.environment.POSTGRES_USER]).toEqual([
        one.name,
        database,
        role,
      ]);
      const migrate = one.environment.MIGRATE_DATABASE_URL;
      if (one.name !== "pgbouncer") expect(migrate).toBe("postgres://postgres:5432");
    }
  });

  test("within a container everything listens on every address, from outside three ports are open to this machine", () => {
    for (const { name, environment } of services.filter(({ command }) => command.at(-1) === "api")) {
      expect([name, environment.HOST]).toEqual([name, "0.0.0.0"]);
    }
    expect(readText("infrastructure/docker/redis/start")).toContain("--bind 0.0.0.0 ");
    expect(service("postgres").command).toContain("listen_addresses=*");
    expect(readText("infrastructure/docker/pgbouncer/start")).toContain("listen_addr = 0.0.0.0");
    const published = (from: Service[]) => from.flatMap(({ name, ports }) => ports.map((port) => `${name} ${port}`));
    const always = ["grafana 127.0.0.1:3000:3000", "postgres 127.0.0.1:5433:5432"];
    expect(published(services).sort()).toEqual(["nginx 127.0.0.1:8001:8001", ...always].sort());
    expect(published(exposed).sort()).toEqual(["nginx 0.0.0.0:8001:8001", ...always].sort());
  });
});

describe("health", () => {
  test("is checked on the port on which a service listens, or it is said why not", () => {
    const checked = services.filter(({ healthcheck }) => healthcheck !== null);
    const names = ["nginx", "pgbouncer", "postgres", "postgres-replica", "redis", ...BROKERS];
    const watching = ["grafana", "postgres-exporter", "prometheus", "redis-exporter"];
    expect(checked.map(({ name }) => name).sort()).toEqual([...names, ...watching].sort());
    for (const { name, healthcheck } of checked) {
      // Kafka's is asked where it wants no user.
      const local = /LOCAL:\/\/127\.0\.0\.1(:\d+)/.exec(variable("kafka", "KAFKA_LISTENERS"))?.[1];
      const address = isBroker(name) ? `kafka${local}` : listening(services).find((one) => one.startsWith(`${name}:`));
      const port = address?.split(":")[1];
      expect([name, healthcheck?.join(" ")]).toEqual([name, expect.stringMatching(new RegExp(`\\b${port}\\b`))]);
    }
    // The platform's processes have the image's; what has none says why.
    const check = instructionsOf("Dockerfile").find(({ name }) => name === "HEALTHCHECK")?.text ?? "";
    expect(check).toContain("port=${METRICS_PORT:-$PORT}; exec 3<>/dev/tcp/127.0.0.1/$port");
    // Docker hands the proxies of its own configuration to every container.
    expect(service("nginx").healthcheck?.join(" ")).toContain("wget -Y off");
    expect(imageEnvironment("Dockerfile").PORT).toBe(variable("api-1", "PORT"));
    const disabled = services.filter(({ settings }) =>
      JSON.stringify(settings.healthcheck ?? "").match(/NONE|disable/),
    );
    expect(disabled.map(({ name }) => name)).toEqual(["benchmark"]);
    const others = services.filter((one) => one.build === "." && !disabled.includes(one));
    expect(others.map(({ environment }) => environment.METRICS_PORT)).toEqual(Array(6).fill("9100"));
    const reasons = readText("docker-compose.yml").match(/# .*\n +healthcheck: \{ disable: true \}/g);
    expect(reasons?.length).toBe(1);
  });

  test("of a process is what the image's command says, on the port of its metrics where it has one", async () => {
    const text = instructionsOf("Dockerfile").find(({ name }) => name === "HEALTHCHECK")?.text ?? "";
    const [program = "", ...words]: string[] = JSON.parse(text.slice(text.indexOf("CMD ") + 4));
    expect(program).toBe("bash");
    // Nobody listens there: a check that asks a proxy fails.
    const proxies = { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" };
    const { PATH = "" } = process.env;
    let status = 200;
    const paths: string[] = [];
    const api = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch({ url }) {
        paths.push(new URL(url).pathname);
        return new Response("", { status });
      },
    });
    const check = (ports: Record<string, string>) =>
      Bun.spawn([program, ...words], { env: { PATH, ...ports, ...proxies }, stderr: "ignore" }).exited;
    const [PORT, METRICS_PORT] = [String(api.port), String(api.port)];
    expect(await check({ PORT })).toBe(0);
    expect(await check({ PORT: "1", METRICS_PORT })).toBe(0);
    expect(await check({ PORT, METRICS_PORT: "1" })).not.toBe(0);
    status = 503;
    expect(await check({ PORT })).not.toBe(0);
    await api.stop(true);
    expect(await check({ PORT })).not.toBe(0);
    expect(paths).toEqual(["/health", "/health", "/health"]);
  });

  test("of Kafka is a broker that has joined its cluster", async () => {
    let brokers = 0;
    const kafka = Bun.listen({
      port: 0,
      hostname: "127.0.0.1",
      socket: {
        data(socket, bytes) {
          // The request as infrastructure/local/services/kafka.ts sends it: its length is right, its key is "metadata".
          expect([bytes.readInt32BE(0), bytes.readInt16BE(4), bytes.length]).toEqual([14, 3, 18]);
          socket.write(Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, brokers));
        },
      },
    });
    const script = join(REPOSITORY, "infrastructure/docker/kafka/healthy");
    const inside = service("kafka").mounts.find(
      ({ source }) => source === "infrastructure/docker/kafka/healthy",
    )?.target;
    expect(inside).toBe(`/usr/local/bin/${service("kafka").healthcheck?.[1]}`);
    const check = async () => Bun.spawn([script, String(kafka.port)], { stderr: "ignore" }).exited;
    expect(await check()).not.toBe(0);
    brokers = 1;
    expect(await check()).toBe(0);
    kafka.stop(true);
    expect(await check()).not.toBe(0);
  });
});

test("every service is confined and limited", () => {
  for (const { name, user, build, tmpfs, settings } of services) {
    const { read_only, cap_drop, security_opt, restart, mem_limit, cpus, pids_limit, logging } = settings;
    expect([name, read_only, cap_drop, security_opt]).toEqual([name, true, ["ALL"], ["no-new-privileges:true"]]);
    expect([name, restart]).toEqual([name, name === "benchmark" ? "no" : "unless-stopped"]);
    for (const limit of [mem_limit, cpus, pids_limit]) expect([name, limit]).toEqual([name, expect.anything()]);
    expect([name, at(logging, "options", "max-size")]).toEqual([name, "10m"]);
    for (const folder of tmpfs)
      expect([name, folder]).toEqual([name, expect.stringMatching(/^\/[\w/]+:.*mode=1777,size=\d+m$/)]);
    // Our images and Kafka's name their user themselves.
    if (build === null && !isBroker(name)) expect([name, user]).toEqual([name, expect.stringMatching(/^[a-z]+$/)]);
  }
  for (const file of ["Dockerfile", "infrastructure/docker/pgbouncer/Dockerfile"]) {
    expect(
      instructionsOf(file)
        .filter(({ name }) => name === "USER")
        .map(({ text }) => text),
    ).not.toEqual([]);
  }
});

test("nginx takes the configuration that its image makes of the template", async () => {
  const { environment, mounts, command } = service("nginx");
  const folder = environment.NGINX_ENVSUBST_OUTPUT_DIR ?? "";
  const name = mounts[0]?.target.replace("/etc/nginx/templates/", "").replace(".template", "");
  expect(after(command, "-c")).toBe(`${folder}/${name}`);
  const filled = render(readText(mounts[0]?.source ?? ""), environment);
  expect(filled).toMatch(/^ +listen 8001 /m);
  const filter = new RegExp(environment.NGINX_ENVSUBST_FILTER ?? "");
  const wanted = new Set(
    [...readText("infrastructure/nginx/nginx.conf").matchAll(/\$\{([A-Z_]+)\}/g)].map(([, one]) => one),
  );
  for (const one of wanted) expect(one).toMatch(filter);

  // Debian's nginx is older than `resolve` (1.27.3), and these names are known to Docker alone.
  const older = filled
    .replace(/^ *resolver .*\n/gm, "")
    .replaceAll(" resolve;", ";")
    .replace(/server api-(\d):8001/g, "server 127.0.0.1:800$1")
    .replaceAll(" /tmp/", " ");
  expect(older.match(/^ *server 127\.0\.0\.1:800[123] max_fails=3 fail_timeout=2s;$/gm)?.length).toBe(3);
  const home = mkdtempSync(join(tmpdir(), "docker-test-"));
  await Bun.write(join(home, "nginx.conf"), older);
  await run([pathOf("nginx"), "-e", "stderr", "-p", home, "-c", join(home, "nginx.conf"), "-t", "-q"]);
  rmSync(home, { recursive: true });
});
