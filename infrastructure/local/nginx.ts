import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sessionOf } from "./kernel.ts";
import { install, pathOf, run } from "./packages.ts";
import type { Launch, Part, PartRecord } from "./parts.ts";

const TEMPLATE = join(import.meta.dir, "../nginx/nginx.conf");
const RELOAD_MS = 15_000;

/** nginx on a port, in front of API processes on others. */
export function nginxPart(folder: string, port: number, apiPorts: number[]): Part {
  const address = `http://127.0.0.1:${port}`;
  return {
    name: "nginx",
    address,
    ports: [port],
    prepare: () => prepareNginx(nginxFolder(folder), port, apiPorts),
    trouble: () => httpTrouble(`${address}/health`),
    stop: { signal: "SIGQUIT", seconds: 10 },
    startSeconds: 30,
  };
}

/** Has a running nginx send nothing to one of the API processes, or (null) to all of them again. */
export async function takeOut(
  nginx: PartRecord,
  folder: string,
  apiPorts: number[],
  out: number | null,
): Promise<void> {
  const [port = 0] = nginx.ports;
  await prepareNginx(nginxFolder(folder), port, apiPorts, out);
  const before = sessionOf(nginx).map(({ pid }) => pid);
  process.kill(nginx.pid, "SIGHUP");
  // The old workers finish what they have begun, and are gone within worker_shutdown_timeout.
  const deadline = performance.now() + RELOAD_MS;
  while (sessionOf(nginx).some(({ pid }) => pid !== nginx.pid && before.includes(pid))) {
    if (performance.now() > deadline) throw new Error("nginx still works by its old configuration");
    await Bun.sleep(20);
  }
}

/** Writes the configuration into a folder and has nginx check it. */
export async function prepareNginx(
  folder: string,
  port: number,
  apiPorts: number[],
  out: number | null = null,
): Promise<Launch> {
  await install(["nginx"]);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "nginx.conf");
  const servers = apiPorts.map(
    (apiPort) => `server 127.0.0.1:${apiPort} max_fails=3 fail_timeout=2s${apiPort === out ? " down" : ""};`,
  );
  const values = {
    NGINX_LISTEN: `127.0.0.1:${port}`,
    NGINX_API_SERVERS: servers.join("\n        "),
    NGINX_RUN_DIR: folder,
  };
  await Bun.write(config, render(await Bun.file(TEMPLATE).text(), values));
  const nginx = [pathOf("nginx"), "-e", "stderr", "-p", folder, "-c", config];
  await run([...nginx, "-t", "-q"]);
  return { command: [...nginx, "-g", "daemon off;"] };
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
    const { status } = await fetch(url, { signal: AbortSignal.timeout(5000), keepalive: false });
    return status === 200 ? null : `${url} answers ${status}`;
  } catch (error) {
    return `${url}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
