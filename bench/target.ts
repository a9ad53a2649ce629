/** Where the load goes. */
export interface Target {
  host: string;
  port: number;
}

/** Host and port of an address such as `http://127.0.0.1:8001` or `127.0.0.1:8001`. */
export function targetOf(address: string): Target {
  const url = new URL(address.includes("://") ? address : `http://${address}`);
  if (url.protocol !== "http:") throw new Error(`only http:// can be measured, not ${address}`);
  return { host: url.hostname, port: Number(url.port || 80) };
}
