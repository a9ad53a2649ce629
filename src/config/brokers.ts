import { isIPv6 } from "node:net";
import { StartError } from "../errors.ts";

const NAME = "KAFKA_BOOTSTRAP_SERVERS";
/** A name or an IPv4 address, or an IPv6 address in brackets; then the port. */
const BROKER = /^(?:\[([^[\]]+)\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?)):(\d{1,5})$/;
const MAX_PORT = 65_535;

/**
 * The brokers of a list with commas, each as host:port or [IPv6]:port. Blanks and commas too many are passed over.
 *
 * @throws StartError naming the entry by its place, not by its text, which may hold a password
 */
export function brokersOf(list: string): string[] {
  const entries = list.split(",").map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    const [, ip, , port] = BROKER.exec(entry) ?? [];
    const isAddress = port !== undefined && (ip === undefined || isIPv6(ip));
    if (entry === "" || (isAddress && Number(port) >= 1 && Number(port) <= MAX_PORT)) continue;
    throw new StartError(
      `${NAME}: entry ${index + 1} is no address of a broker; write host:port or [IPv6]:port without a scheme, the port between 1 and ${MAX_PORT}, and commas in between`,
    );
  }
  const brokers = entries.filter((entry) => entry !== "");
  if (brokers.length === 0) throw new StartError(`${NAME} names no broker; write host:port, or leave it out`);
  return brokers;
}
