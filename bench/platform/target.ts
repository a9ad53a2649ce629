/** Where the load goes. */
export interface Target {
  host: string;
  port: number;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+)$/;

/** @throws Error when webhooks of a platform there would not reach our sinks, which listen on loopback. */
export function requireLoopback({ host }: Target): void {
  if (!LOOPBACK.test(host)) throw new Error("the sink of webhooks can only be reached from this machine");
}

/** Host and port of an address such as `http://127.0.0.1:8001` or `127.0.0.1:8001`. */
export function targetOf(address: string): Target {
  const url = new URL(address.includes("://") ? address : `http://${address}`);
  if (url.protocol !== "http:") throw new Error(`only http:// can be measured, not ${address}`);
  return { host: url.hostname, port: Number(url.port || 80) };
}
