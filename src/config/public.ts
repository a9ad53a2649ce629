import { StartError } from "../errors.ts";

/** A name or an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:\[[\da-f:.]+\]|[^\s/?#@:\\*[\]]+)$/i;
/** An origin that a content security policy can name. */
const HTTPS_ORIGIN = /^https:\/\/[\w.-]+(?::\d+)?$/;
/** A path without a segment that leads upwards, and without anything that has to be encoded. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/;

/**
 * The hosts of PUBLIC_HOSTS as clients write them into a Host header: lower case, without a dot at the end.
 *
 * @throws StartError naming the entry by its place
 */
export function publicHostsOf(list: string): string[] {
  return entriesOf(list).map((entry, index) => {
    const url = HOST.test(entry) ? URL.parse(`http://${entry}`) : null;
    if (url !== null) return url.hostname.replace(/\.$/, "");
    throw new StartError(
      `PUBLIC_HOSTS: entry ${index + 1} is no host; write names or addresses without scheme and port, IPv6 in brackets, and commas in between`,
    );
  });
}

/**
 * The origins of CORS_ORIGINS as browsers write them into an Origin header.
 *
 * @throws StartError naming the entry by its place
 */
export function corsOriginsOf(list: string): string[] {
  return entriesOf(list).map((entry, index) => {
    const url = URL.parse(entry);
    // An origin and nothing else: its text has to make the same address as the setting.
    const isOrigin = url?.href === `${url?.origin}/` && /^https?:\/\/[^*]+$/.test(url?.origin ?? "");
    if (url !== null && isOrigin) return url.origin;
    throw new StartError(
      `CORS_ORIGINS: entry ${index + 1} is no origin; write https://host or http://host:port without a path, no wildcard, and commas in between`,
    );
  });
}

/**
 * ASSET_PREFIX, without a slash at its end. It becomes a part of the page's text and of its content security policy, so that
 * characters with a meaning there are refused.
 *
 * @throws StartError where it is neither an https origin nor a path
 */
export function assetPrefixOf(text: string): string {
  const prefix = text.trim().replace(/(?<=.)\/$/, "");
  if (prefix === "" || PATH.test(prefix)) return prefix;
  const url = URL.parse(prefix);
  if (url?.href === `${url?.origin}/` && HTTPS_ORIGIN.test(url?.origin ?? "")) return url?.origin ?? "";
  throw new StartError(
    "ASSET_PREFIX is neither an https origin nor a path; write https://host, https://host:port or /path",
  );
}

function entriesOf(list: string): string[] {
  return list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
