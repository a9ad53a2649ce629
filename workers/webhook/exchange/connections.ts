/** The connections of one thread: kept open between requests, bounded for each host and together. */

import { OutOfDescriptors, type Signal } from "../port.ts";
import type { Connection } from "./connection.ts";

/** How long a connection without a request stays open. */
const IDLE_MILLISECONDS = 15_000;
const LOOK_MILLISECONDS = 1000;
/** So much earlier than the other side says that it closes one: a request may be on its way meanwhile. */
const MARGIN_MILLISECONDS = 1000;

export interface ConnectionLimits {
  /** Connections to one host. */
  perHost: number;
  /** Connections in all. */
  total: number;
  /** Of these without a request. */
  idle: number;
}

/** Connections to one host, and the calls that wait for one. */
interface Host {
  open: number;
  /** The one used last is at the end. */
  idle: Connection[];
  waiting: (() => void)[];
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #hosts = new Map<string, Host>();
  /** All without a request; the one that has been so for longest comes first. */
  readonly #idle = new Set<Connection>();
  #open = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** How many there are, and how many hosts are known. */
  get counts(): { open: number; idle: number; hosts: number } {
    return { open: this.#open, idle: this.#idle.size, hosts: this.#hosts.size };
  }

  /** A connection that was kept open since the last request; null where there is none. */
  takeKept(key: string): Connection | null {
    const host = this.#hosts.get(key);
    for (let kept = host?.idle.at(-1); host !== undefined && kept !== undefined; kept = host.idle.at(-1)) {
      if (isOld(kept)) {
        kept.close();
        continue;
      }
      host.idle.pop();
      this.#idle.delete(kept);
      return kept;
    }
    return null;
  }

  /**
   * A connection that is kept open, or a new one where `isNew` asks for it or none is kept.
   *
   * @throws OutOfDescriptors when there are too many in all; what `connect` throws; the signal's reason
   */
  async take(
    key: string,
    connect: () => Promise<Connection>,
    { isNew, signal }: { isNew: boolean; signal: Signal },
  ): Promise<Connection> {
    for (;;) {
      if (signal.aborted) throw signal.reason;
      // One of them was stale: so are the others, most likely.
      if (isNew) for (const connection of [...(this.#hosts.get(key)?.idle ?? [])]) connection.close();
      const kept = this.takeKept(key);
      if (kept !== null) return kept;
      const host = this.#hosts.get(key) ?? { open: 0, idle: [], waiting: [] };
      this.#hosts.set(key, host);
      if (host.open < this.#limits.perHost) return this.#connect(key, host, connect);
      await this.#turn(host, signal);
      if (signal.aborted) host.waiting.shift()?.();
    }
  }

  close(): void {
    for (const connection of [...this.#idle]) connection.close();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #connect(key: string, host: Host, connect: () => Promise<Connection>): Promise<Connection> {
    if (this.#open >= this.#limits.total) {
      const [oldest] = this.#idle;
      if (oldest === undefined) {
        this.#forget(key, host);
        throw new OutOfDescriptors();
      }
      oldest.close();
    }
    this.#open++;
    host.open++;
    const onGone = () => {
      this.#open--;
      host.open--;
      this.#forget(key, host);
      host.waiting.shift()?.();
    };
    try {
      const connection = await connect();
      connection.onIdle = () => this.#giveBack(host, connection);
      connection.onClose = () => {
        if (this.#idle.delete(connection)) host.idle.splice(host.idle.indexOf(connection), 1);
        onGone();
      };
      // It may have been closed before the listener was set.
      if (connection.isClosed) onGone();
      return connection;
    } catch (error) {
      onGone();
      throw error;
    }
  }

  #giveBack(host: Host, connection: Connection): void {
    host.idle.push(connection);
    this.#idle.add(connection);
    this.#timer ??= setInterval(() => this.#closeOld(), LOOK_MILLISECONDS);
    if (this.#idle.size > this.#limits.idle) {
      const [oldest] = this.#idle;
      oldest?.close();
    }
    host.waiting.shift()?.();
  }

  #closeOld(): void {
    for (const connection of [...this.#idle]) if (isOld(connection)) connection.close();
    if (this.#idle.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #turn(host: Host, signal: Signal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        host.waiting.splice(host.waiting.indexOf(wake), 1);
        reject(signal.reason);
      };
      const wake = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      host.waiting.push(wake);
      signal.addEventListener("abort", onAbort);
    });
  }

  #forget(key: string, host: Host): void {
    if (host.open === 0 && host.waiting.length === 0 && this.#hosts.get(key) === host) this.#hosts.delete(key);
  }
}

function isOld({ idleSince, keepMilliseconds }: Connection): boolean {
  return performance.now() - idleSince >= Math.min(IDLE_MILLISECONDS, keepMilliseconds - MARGIN_MILLISECONDS);
}
