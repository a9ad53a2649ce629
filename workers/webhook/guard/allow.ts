/** WEBHOOK_ALLOW: what webhooks may reach beside public addresses. */
import { BlockList, isIP } from "node:net";
import { StartError } from "../../../src/errors.ts";
import { plainAddress } from "./addresses.ts";
import { isBadPort } from "./ports.ts";

/** One entry of the list: a host by its name, or a network; a single address is a network of its own. */
interface Entry {
  host: string | { family: number; network: BlockList };
  /** Null allows every port that is not a bad one. */
  port: number | null;
}

export type AllowList = readonly Entry[];

// host, host/length, each with :port or without. A single IPv6 address stands in brackets: the end of ::1:8080 could be a port.
const ENTRY = /^(?:\[([^[\]]+)\]|([^[\]:/@?#\\\s]+))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/;
const BARE_IPV6_NETWORK = /^([0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*)\/(\d{1,3})$/i;
// A label has a letter or a digit.
const NAME = /^[_-]*[a-z0-9][a-z0-9_-]*(\.[_-]*[a-z0-9][a-z0-9_-]*)*$/;

/**
 * Reads a list such as `hooks.internal, 127.0.0.1:9000, 10.0.0.0/8, [::1], [::1]:8080, fd00::/8`.
 *
 * @throws StartError naming the entry that does not fit
 */
export function parseAllowList(text: string): AllowList {
  const entries = text.split(",").map((entry) => entry.trim());
  return entries.filter((entry) => entry !== "").map(parseEntry);
}

function parseEntry(text: string): Entry {
  const wrong = new StartError(
    `WEBHOOK_ALLOW holds ${/@/.test(text) ? "an entry that is none" : text}: give hosts, addresses or networks, each with a port or without, ` +
      "an IPv6 address in brackets, such as hooks.internal, 127.0.0.1:9000, 10.0.0.0/8, [::1]:8080, [::1], fd00::/8",
  );
  const bare = BARE_IPV6_NETWORK.exec(text);
  const [, bracketed, plain, length, portText] =
    bare === null ? (ENTRY.exec(text) ?? []) : [text, bare[1], "", bare[2]];
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && (port < 1 || port > 65_535)) throw wrong;
  const host = canonicalHost(bracketed === undefined ? (plain ?? "") : `[${bracketed}]`);
  if (host === null) throw wrong;
  const family = isIP(host);
  if (family === 0) {
    if (length !== undefined || !NAME.test(host)) throw wrong;
    return { host, port };
  }
  const longest = family === 4 ? 32 : 128;
  if (Number(length ?? longest) > longest) throw wrong;
  const network = new BlockList();
  network.addSubnet(host, Number(length ?? longest), family === 4 ? "ipv4" : "ipv6");
  return { host: { family, network }, port };
}

/** As a URL has it: lower case, punycode, any spelling of an IPv4 address in dots; without brackets and last dot. */
function canonicalHost(text: string): string | null {
  if (!URL.canParse(`http://${text}/`)) return null;
  const { hostname } = new URL(`http://${text}/`);
  return plainAddress(hostname.replace(/^\[(.*)\]$/, "$1")).replace(/\.$/, "");
}

/** Whether an entry allows an address (as `plainAddress` gives it) of a host, at a port. */
export function isAllowed(list: AllowList, host: string, address: string, port: number): boolean {
  return list.some(
    (entry) =>
      (entry.port === null ? !isBadPort(port) : entry.port === port) &&
      (typeof entry.host === "string" ? entry.host === host : isWithin(entry.host, address)),
  );
}

/** A BlockList by itself also takes an IPv4 address to be within networks of IPv6 that hold its mapped form. */
function isWithin({ family, network }: { family: number; network: BlockList }, address: string): boolean {
  return isIP(address) === family && network.check(address, family === 4 ? "ipv4" : "ipv6");
}
