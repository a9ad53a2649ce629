/** Which addresses are on the public internet, and how the various spellings of one are brought together. */
import { BlockList, isIP } from "node:net";

/**
 * IPv4 addresses that are not, or not surely, a public server's: the IANA special-purpose registry (RFC 6890 and its
 * updates), multicast and reserved space, and 168.63.129.16, where Azure's metadata is.
 */
const SPECIAL_IPV4 =
  "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 " +
  "192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 " +
  "203.0.113.0/24 224.0.0.0/4 240.0.0.0/4";

/** IPv6 addresses are public within 2000::/3 alone, and there not in these: Teredo, ORCHID, documentation, 6to4, AS112. */
const GLOBAL_IPV6 = "2000::/3";
const SPECIAL_IPV6 = "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20";

const MAPPED = "::ffff:0:0/96";
/** NAT64 with the well-known prefix (RFC 6052): how public IPv4 servers are reached from a network of IPv6 alone. */
const NAT64 = "64:ff9b::/96";

const specialIpv4 = networks(SPECIAL_IPV4);
const globalIpv6 = networks(GLOBAL_IPV6);
const specialIpv6 = networks(SPECIAL_IPV6);
const mapped = networks(MAPPED);
const nat64 = networks(NAT64);

/** The networks of a list of CIDR notations. */
function networks(list: string): BlockList {
  const blocks = new BlockList();
  for (const one of list.split(" ")) {
    const [address = "", length = ""] = one.split("/");
    blocks.addSubnet(address, Number(length), isIP(address) === 4 ? "ipv4" : "ipv6");
  }
  return blocks;
}

/** The address without a zone; an IPv4 address that is mapped into IPv6 is given as IPv4. */
export function plainAddress(address: string): string {
  const [plain = ""] = address.split("%");
  return isIP(plain) === 6 && mapped.check(plain, "ipv6") ? lastFourBytes(plain) : plain;
}

/** Whether an address, as `plainAddress` gives it, can be that of a server on the public internet. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !specialIpv4.check(address, "ipv4");
  if (isIP(address) !== 6) return false;
  if (nat64.check(address, "ipv6")) return isPublic(lastFourBytes(address));
  return globalIpv6.check(address, "ipv6") && !specialIpv6.check(address, "ipv6");
}

/** The IPv4 address at the end of an IPv6 address. */
function lastFourBytes(address: string): string {
  // The URL parser knows every spelling, and writes groups of hexadecimal digits with at most one "::".
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = [...(after === undefined ? before : `0:0:${after || "0"}`).split(":")].slice(-2);
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join(".");
}
