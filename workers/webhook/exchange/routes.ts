/** How a connection to the receiver of a request is made: straight, or through a proxy. */
import type { Socket } from "node:net";
import tls, { type SecureContext } from "node:tls";
import { type Guard, hostOf } from "../guard/guard.ts";
import type { Signal } from "../port.ts";
import { connectAny, secure, type TlsOptions } from "./connect.ts";
import { Connection } from "./connection.ts";
import { lookupFailure } from "./failures.ts";
import type { Inflow } from "./inflow.ts";
import { basic } from "./request.ts";
import { openTunnel } from "./tunnel.ts";

/** The way of one request. */
export interface Route {
  /** Requests with the same key may share a connection. */
  key: string;
  /** What stands behind the method, and lines for the head. */
  target: string;
  extra: string;
  /** @throws StepFailure, NotReached, OutOfDescriptors; the signal's reason */
  connect(signal: Signal): Promise<Connection>;
}

export interface RouteSettings {
  /** PEM; trusted beside the usual authorities. */
  certificates: string | null;
  /** http://user:password@host:port of a proxy; null is none. */
  proxy: string | null;
}

export class Routes {
  readonly #settings: RouteSettings;
  readonly #guard: Guard;
  readonly #inflow: Inflow;
  readonly #proxy: URL | null;
  readonly #proxyLines: string;
  #context: SecureContext | null = null;

  constructor(settings: RouteSettings, guard: Guard, inflow: Inflow) {
    this.#inflow = inflow;
    this.#settings = settings;
    this.#guard = guard;
    this.#proxy = settings.proxy === null ? null : new URL(settings.proxy);
    const { username = "", password = "" } = this.#proxy ?? {};
    this.#proxyLines = username + password === "" ? "" : `Proxy-Authorization: ${basic(username, password)}\r\n`;
  }

  of(url: URL): Route {
    const proxy = this.#proxy;
    const path = `${url.pathname}${url.search}`;
    if (proxy === null) {
      const key = `${url.protocol}//${url.host}`;
      return { key, target: path, extra: "", connect: (signal) => this.#straight(key, url, signal) };
    }
    if (url.protocol === "http:") {
      const connect = (signal: Signal) => this.#straight("proxy", proxy, signal);
      return { key: "proxy", target: `http://${url.host}${path}`, extra: this.#proxyLines, connect };
    }
    const key = `${url.protocol}//${url.host}`;
    return { key, target: path, extra: "", connect: (signal) => this.#tunnel(key, url, proxy, signal) };
  }

  async #straight(key: string, url: URL, signal: Signal): Promise<Connection> {
    return new Connection(key, await this.#open(url, signal), this.#inflow);
  }

  async #tunnel(key: string, url: URL, proxy: URL, signal: Signal): Promise<Connection> {
    const socket = await this.#open(proxy, signal);
    await openTunnel(socket, `${url.hostname}:${portOf(url)}`, this.#proxyLines, signal);
    return new Connection(key, await secure(socket, this.#tlsTo(url), signal), this.#inflow);
  }

  async #open(url: URL, signal: Signal): Promise<Socket> {
    const port = portOf(url);
    // The operator names the proxy; all other hosts are judged.
    const isProxy = url === this.#proxy;
    const found = isProxy ? this.#guard.lookUp(url.hostname) : this.#guard.addressesOf(url.hostname, port);
    const addresses = await unlessAborted(Promise.resolve(found), signal).catch((error) => {
      throw signal.aborted ? signal.reason : lookupFailure(error);
    });
    return connectAny(addresses, port, url.protocol === "https:" ? this.#tlsTo(url) : null, signal);
  }

  #tlsTo({ hostname }: URL): TlsOptions {
    return { host: hostOf(hostname), context: this.#secureContext() };
  }

  /** Made once: reading all the authorities takes longer than a handshake. */
  #secureContext(): SecureContext {
    const { certificates } = this.#settings;
    this.#context ??= tls.createSecureContext(
      certificates === null ? {} : { ca: [...tls.rootCertificates, certificates] },
    );
    return this.#context;
  }
}

function portOf({ protocol, port }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

/** A look-up can't be called off, but the wait for it can. */
function unlessAborted<Value>(promise: Promise<Value>, signal: Signal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
