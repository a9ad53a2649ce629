/** The programs that the parts are, and what installs those that are missing: Debian's packages. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { plainEnvironment } from "./environment.ts";
import { withLock } from "./lock.ts";

/** The package of Debian that has each program. */
const PACKAGES = {
  initdb: "postgresql",
  postgres: "postgresql",
  pg_basebackup: "postgresql-client",
  psql: "postgresql-client",
  pgbouncer: "pgbouncer",
  "redis-server": "redis-server",
  nginx: "nginx",
  prometheus: "prometheus",
  promtool: "prometheus",
  "prometheus-node-exporter": "prometheus-node-exporter",
  "prometheus-postgres-exporter": "prometheus-postgres-exporter",
  "prometheus-redis-exporter": "prometheus-redis-exporter",
  java: "default-jre-headless",
  mvn: "maven",
  "docker-compose": "docker-compose",
  kcat: "kcat",
  go: "golang-go",
  chromium: "chromium",
} as const;

export type Program = keyof typeof PACKAGES;
const PROGRAMS = Object.keys(PACKAGES).filter((name): name is Program => name in PACKAGES);

const POSTGRES_VERSIONS = "/usr/lib/postgresql";

/** While they exist, packages start no service and make no database of their own, which would take our ports. */
const QUIET_FILES = {
  "/usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
  "/etc/postgresql-common/createcluster.d/workflow-platform.conf": "create_main_cluster = false\n",
};
/** One installs at a time, or the files would go while another still needs them. */
const LOCK = "/run/lock/workflow-platform";
const SERVICES = [
  ...["postgresql", "redis-server", "pgbouncer", "nginx"],
  ...["prometheus", "prometheus-node-exporter", "prometheus-postgres-exporter", "prometheus-redis-exporter"],
];
const APT_OPTIONS = ["--quiet", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600"];

/** Where a program is. @throws Error when it is not installed. */
export function pathOf(program: Program): string {
  const path = find(program);
  if (path === null) throw new Error(missing([PACKAGES[program]]));
  return path;
}

/** Installs the packages of the programs that are missing. @throws Error saying which, when this user may not. */
export async function install(programs: Program[]): Promise<void> {
  if (packagesOf(programs).length === 0) return;
  if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) throw new Error(missing(packagesOf(programs)));
  await withLock(LOCK, async () => {
    const packages = packagesOf(programs);
    if (packages.length > 0) await aptGet(packages);
  });
}

/** Installs the packages of all programs at once, but for that of the browser, which few tests need. */
export async function installAll(): Promise<void> {
  await install(PROGRAMS.filter((program) => program !== "chromium"));
}

async function aptGet(packages: string[]): Promise<void> {
  console.error(`installing ${packages.join(", ")}`);
  const quiet = Object.entries(QUIET_FILES).filter(([path]) => !existsSync(path));
  for (const [path, text] of quiet) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o755 });
  }
  try {
    await run(["apt-get", "update", ...APT_OPTIONS], { env: INSTALLING });
    await run(["apt-get", "install", ...APT_OPTIONS, ...packages], { env: INSTALLING });
  } finally {
    for (const [path] of quiet) rmSync(path);
  }
  // Nor when the machine starts again.
  for (const service of packages.filter((one) => SERVICES.includes(one)))
    await run(["update-rc.d", service, "disable"], { env: INSTALLING });
}

/** What an installer needs: the whole environment, which may name a proxy. */
export const INSTALLING = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };

/** Runs a command to its end, with nothing in its environment but what is given. @throws Error with what it printed when it fails. */
export async function run(
  command: string[],
  { input = "", env = plainEnvironment() }: { input?: string; env?: Record<string, string | undefined> } = {},
): Promise<string> {
  const child = Bun.spawn(command, {
    env,
    cwd: "/",
    stdio: [new TextEncoder().encode(input), "pipe", "pipe"],
  });
  const { code, printed, complaint } = await outcomeOf(child);
  if (code === 0) return printed;
  throw new Error(`${command.join(" ")} failed (${code}):\n${`${printed}\n${complaint}`.trim().slice(-2000)}`);
}

/** What a process printed until its end, and its exit code. */
export async function outcomeOf(
  child: Bun.Subprocess<Bun.Spawn.Writable, "pipe", "pipe">,
): Promise<{ code: number; printed: string; complaint: string }> {
  const [printed, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, printed, complaint };
}

function packagesOf(programs: Program[]): string[] {
  return [...new Set(programs.filter((program) => find(program) === null).map((program) => PACKAGES[program]))];
}

// Servers are in sbin, which is not in everybody's PATH; PostgreSQL's are where Debian has one folder for each version.
function find(program: Program): string | null {
  const versions = existsSync(POSTGRES_VERSIONS) ? readdirSync(POSTGRES_VERSIONS).map(Number) : [];
  const newest = versions.sort((one, other) => other - one).map((version) => `${POSTGRES_VERSIONS}/${version}/bin`);
  const folders = [process.env.PATH ?? "", "/usr/local/sbin", "/usr/sbin", "/sbin", ...newest];
  return Bun.which(program, { PATH: folders.join(":") });
}

function missing(packages: string[]): string {
  const names = packages.join(" ");
  return `Missing on this machine: ${names}. Run as root, or once: sudo apt-get install --no-install-recommends ${names}`;
}
