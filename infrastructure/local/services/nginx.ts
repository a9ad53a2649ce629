import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { install, pathOf, run } from "../processes/packages.ts";
import type { Launch, Part } from "../processes/parts.ts";

const TEMPLATE = join(import.meta.dir, "../../nginx/nginx.conf");

/** What one address may do. */
export interface GateLimits {
  /** Requests a second, and as many more at once. */
  requests: number;
  /** Requests under way at once. */
  connections: number;
}

/**
 * nginx on a port, in front of API processes on others; without limits an address may do all that it can. It begins with all of
 * them but the closed one, whatever was taken out of an earlier one.
 */
export function nginxPart(
  folder: string,
  port: number,
  apiPorts: number[],
  limits: GateLimits | null = null,
  closed: number | null = null,
): Part {
  const address = `http://127.0.0.1:${port}`;
  return {
    name: "nginx",
    address,
    ports: [port],
    prepare: () => {
      takeOut(folder, apiPorts, closed);
      return prepareNginx(nginxFolder(folder), port, apiPorts, limits);
    },
    trouble: () => httpTrouble(`${address}/health`),
    stop: { signal: "SIGQUIT", seconds: 10 },
    startSeconds: 30,
  };
}

/** Has a running nginx send nothing to one of the API processes, or (null) to all of them again. */
export function takeOut(folder: string, apiPorts: number[], out: number | null): void {
  for (const port of apiPorts) {
    const mark = markOf(nginxFolder(folder), port);
    mkdirSync(dirname(mark), { recursive: true });
    if (port === out) writeFileSync(mark, "");
    else rmSync(mark, { force: true });
  }
}

/** Writes the configuration into a folder and has nginx check it. */
export async function prepareNginx(
  folder: string,
  port: number,
  apiPorts: number[],
  limits: GateLimits | null,
): Promise<Launch> {
  await install(["nginx"]);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "nginx.conf");
  const servers = apiPorts.map((apiPort) => `server 127.0.0.1:${apiPort} max_fails=3 fail_timeout=2s;`);
  const heldServers = apiPorts.map((apiPort) => `server 127.0.0.1:${apiPort} max_fails=0;`);
  const values = {
    NGINX_LISTEN: `127.0.0.1:${port}`,
    NGINX_API_SERVERS: servers.join("\n        "),
    NGINX_HELD_SERVERS: heldServers.join("\n        "),
    NGINX_RUN_DIR: folder,
    NGINX_RATE_LIMIT: limits === null ? "" : String(limits.requests),
    NGINX_RATE: String(limits?.requests ?? 1),
    NGINX_CONNECTIONS: String(limits?.connections ?? 1),
  };
  if (servers.length > 1) {
    for (const [index, apiPort] of apiPorts.entries()) {
      await writeWithout(folder, apiPort, servers.toSpliced(index, 1), heldServers.toSpliced(index, 1));
    }
  }
  await Bun.write(config, render(await Bun.file(TEMPLATE).text(), values));
  const nginx = [pathOf("nginx"), "-e", "stderr", "-p", folder, "-c", config];
  await run([...nginx, "-t", "-q"]);
  return { command: [...nginx, "-g", "daemon off;"] };
}

/** The other servers, and when requests go to them. */
async function writeWithout(folder: string, port: number, others: string[], heldOthers: string[]): Promise<void> {
  const group = `without_${port}`;
  const keep = "keepalive 4096; keepalive_requests 1000000; keepalive_timeout 5s;";
  const heldKeep = "keepalive 256; keepalive_timeout 5s;";
  const upstreams = [
    `upstream ${group} { zone ${group} 128k; least_conn; ${others.join(" ")} ${keep} }`,
    `upstream held_${group} { zone held_${group} 128k; least_conn; ${heldOthers.join(" ")} ${heldKeep} }`,
  ];
  await Bun.write(join(folder, `without-${port}.upstream`), `${upstreams.join("\n")}\n`);
  await Bun.write(
    join(folder, `without-${port}.choice`),
    `if (-f ${markOf(folder, port)}) { set $servers ${group}; }\n`,
  );
}

/** Where it is said which servers of a stack are out. */
export function marksOf(folder: string): string {
  return dirname(markOf(nginxFolder(folder), 0));
}

/** The file that says that a server is out. When root starts nginx its workers are nobody, who may not reach the folder. */
function markOf(folder: string, port: number): string {
  const place = process.getuid?.() === 0 ? join("/run/workflow-platform", Bun.hash(folder).toString(36)) : folder;
  return join(place, `without-${port}`);
}

function nginxFolder(folder: string): string {
  return join(folder, "nginx");
}

/**
 * Fills in the `${NGINX_…}` of a template, in comments as well, and leaves nginx's own variables alone.
 *
 * @throws Error naming one without a value.
 */
export function render(template: string, values: Record<string, string>): string {
  return template.replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The nginx template wants \${${name}}, which has no value`);
    return value;
  });
}

/** Null when this address answers 200, else what it does. */
export async function httpTrouble(url: string): Promise<string | null> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(5000), keepalive: false, proxy: false });
    return status === 200 ? null : `${url} answers ${status}`;
  } catch (error) {
    return `${url}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
