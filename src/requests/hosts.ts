/** A name or an IPv4 address, maybe with a dot at the end, or an IPv6 address in brackets; then a port, which may be empty. */
const HOST = /^(?:((?:[\w-]+\.)*[\w-]+)\.?|(\[[\da-f:.]+\]))(?::(\d{0,5}))?$/;
const MAX_PORT = 65_535;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/;

/** Whether a server that listens on this address is reached from its own machine alone. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(nameOf(address));
}

/** An address as a Host names it, without the dot at its end. */
function nameOf(address: string): string {
  const name = address.toLowerCase().replace(/\.$/, "");
  return name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
}

export type HostVerdict = "known" | "unknown" | "malformed";

/**
 * Judges the Host of a request. A page whose own name is made to lead here (DNS rebinding) passes for this server's own in
 * a browser, and its Host is the one thing that gives it away. Behind loopback no other names than loopback's are known;
 * elsewhere addresses are known too, and names without a dot, such as a container's: no page has these for its own name.
 * The port is the client's matter: proxies and forwarded ports change it, and a page can't lie about its name by it.
 *
 * @param listensOn the address that the server listens on
 * @param publicHosts more names, in lower case
 */
export function hostJudge(listensOn: string, publicHosts: readonly string[]): (host: string) => HostVerdict {
  const own = nameOf(listensOn);
  const names = new Set([own, ...publicHosts]);
  const isOwnName = isLoopback(listensOn)
    ? (name: string) => LOOPBACK.test(name)
    : (name: string) => ADDRESS.test(name) || !name.includes(".");
  // Most requests name the same host as the one before.
  let lastKnown = "";

  return (host) => {
    if (host === lastKnown) return "known";
    const [, domain, address, port = ""] = HOST.exec(host.toLowerCase()) ?? [];
    const name = domain ?? address;
    if (name === undefined || Number(port) > MAX_PORT) return "malformed";
    if (!isOwnName(name) && !names.has(name)) return "unknown";
    lastKnown = host;
    return "known";
  };
}

/** Of a socket that takes both kinds of addresses. */
const MAPPED = /^::ffff:(?=\d)/;
/** Headers in which proxies say whom they pass on. */
const PASSED_ON = ["x-forwarded-for", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"];
const LOOPBACK_PEER = /^(?:127(?:\.\d{1,3}){3}|::1)$/;

/**
 * Whether a request comes from this machine: its sender, all that proxies say of whom they pass on, and the name by which the
 * server is called are loopback's.
 *
 * @param peer the address at the other end of the connection
 */
export function isOfThisMachine(headers: Headers, peer: string): boolean {
  const [, domain, address] = HOST.exec((headers.get("host") ?? "").toLowerCase()) ?? [];
  const passedOn = PASSED_ON.flatMap((name) => headers.get(name)?.split(",") ?? []);
  const senders = [peer, ...passedOn].map((one) => one.trim().replace(MAPPED, ""));
  const isHidden = headers.has("forwarded");
  return !isHidden && LOOPBACK.test(domain ?? address ?? "") && senders.every((one) => LOOPBACK_PEER.test(one));
}
