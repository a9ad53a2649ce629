/** Opens a connection to the first of several addresses that takes one. */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { OutOfDescriptors, type Signal } from "../port.ts";
import { connectFailure } from "./failures.ts";

/** How long an address may stay silent before the next one is tried beside it: RFC 8305, 5. */
const NEXT_MILLISECONDS = 250;

/** What TLS needs; null is a connection without. */
export interface TlsOptions {
  /** The name, or the address, that the certificate has to be for. */
  host: string;
  context: SecureContext;
}

/**
 * Tries addresses one after the other, both families by turns ("happy eyeballs", RFC 8305).
 *
 * @throws the failure of the first that failed when all do (StepFailure, OutOfDescriptors); the signal's reason
 */
export function connectAny(
  addresses: readonly string[],
  port: number,
  tls: TlsOptions | null,
  signal: Signal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = byTurns(addresses);
    const open = new Set<Socket>();
    let failure: Error | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      finish();
      // Forgotten first: one that fails has the next address tried, whose connection would be nobody's.
      const underWay = [...open];
      open.clear();
      for (const socket of underWay) socket.destroy();
      reject(signal.reason);
    };
    const tryNext = () => {
      clearTimeout(timer);
      const address = waiting.shift();
      if (address === undefined) {
        if (open.size > 0) return;
        finish();
        reject(failure);
        return;
      }
      if (waiting.length > 0) timer = setTimeout(tryNext, NEXT_MILLISECONDS);
      const socket = openSocket(address, port, tls);
      open.add(socket);
      socket.once(tls === null ? "connect" : "secureConnect", () => {
        finish();
        open.delete(socket);
        for (const other of open) other.destroy();
        open.clear();
        resolve(socket);
      });
      const onFailure = (error: unknown) => {
        if (!open.delete(socket)) return;
        const why = connectFailure(error);
        if (failure === null || why instanceof OutOfDescriptors) failure = why;
        tryNext();
      };
      // The listeners are left on: an error without a listener would end the process.
      socket.on("error", onFailure);
      // A connection that is closed within the handshake may do so without an error.
      socket.once("close", () => onFailure(null));
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else tryNext();
  });
}

function openSocket(host: string, port: number, tls: TlsOptions | null): Socket {
  return tls === null ? connectPlain({ host, port, noDelay: true }) : connectTls({ host, port, ...tlsOptions(tls) });
}

/** TLS over a connection that is there: through a proxy. @throws as connectAny does */
export function secure(socket: Socket, tls: TlsOptions, signal: Signal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({ socket, ...tlsOptions(tls) });
    const fail = (error: unknown) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(error === signal.reason ? error : connectFailure(error));
    };
    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    secured.once("secureConnect", () => {
      signal.removeEventListener("abort", onAbort);
      resolve(secured);
    });
    secured.on("error", fail);
    secured.once("close", () => fail(null));
  });
}

function tlsOptions({ host, context }: TlsOptions) {
  const name = isIP(host) === 0 ? { servername: host } : { host };
  return { ...name, secureContext: context, ALPNProtocols: ["http/1.1"] };
}

/** The same addresses, the families by turns, beginning with the first's. */
function byTurns(addresses: readonly string[]): string[] {
  const first = isIP(addresses[0] ?? "");
  const same = addresses.filter((address) => isIP(address) === first);
  const others = addresses.filter((address) => isIP(address) !== first);
  const ordered: string[] = [];
  while (same.length + others.length > 0) ordered.push(...same.splice(0, 1), ...others.splice(0, 1));
  return ordered;
}
