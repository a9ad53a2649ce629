import { readFileSync } from "node:fs";
import type { Config } from "../../src/config.ts";
import { descriptorLimit } from "../../src/descriptors.ts";
import { codeOf, StartError } from "../../src/errors.ts";
import type { ConnectionLimits } from "./exchange/connections.ts";
import type { RouteSettings } from "./exchange/routes.ts";
import { parseAllowList } from "./guard/allow.ts";

/** Connections of a thread that may wait for the next request to their host. */
const IDLE = 1024;
const LEAST = 16;

/** Settings of webhooks, as threads get them. */
export interface WebhookSettings extends RouteSettings {
  /** See parseAllowList. */
  allow: string;
  /** Of one thread. */
  limits: ConnectionLimits;
}

/**
 * Reads the settings of webhooks once, at the start.
 *
 * @throws StartError with a sentence about the one that does not fit
 */
export function webhookSettings(config: Config): WebhookSettings {
  const { WEBHOOK_ALLOW: allow, WEBHOOK_CA_FILE: file, WEBHOOK_PROXY: proxy = null } = config;
  parseAllowList(allow);
  if (proxy !== null && !isProxyAddress(proxy)) {
    throw new StartError("WEBHOOK_PROXY is not an address such as http://proxy.internal:3128");
  }
  const certificates = file === undefined ? null : readCertificates(file);
  const ofThread = (all: number) => Math.max(LEAST, Math.ceil(all / config.WORKER_THREADS));
  // Each effect under way has a connection at most; half of the descriptors are for everything else.
  const total = Math.min(config.WORKER_MAX_EFFECTS + IDLE, Math.floor(descriptorLimit() / 2));
  const perHost = Math.max(IDLE, Math.ceil(config.WORKER_MAX_EFFECTS / 2));
  return { allow, certificates, proxy, limits: { perHost, total: ofThread(total), idle: ofThread(IDLE) } };
}

function isProxyAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash } = new URL(text);
  return protocol === "http:" && pathname === "/" && search + hash === "";
}

function readCertificates(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  } catch (error) {
    const code = codeOf(error) || "unknown";
    throw new StartError(`WEBHOOK_CA_FILE can't be read (${code})`);
  }
  throw new StartError("WEBHOOK_CA_FILE holds no certificate; give a file of PEM blocks");
}
