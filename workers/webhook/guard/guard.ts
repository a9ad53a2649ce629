/** Decides which addresses a webhook may be sent to: public ones, and those that the operator allows. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { StepFailure } from "../../../src/connectors/index.ts";
import { isPublic, plainAddress } from "./addresses.ts";
import { type AllowList, isAllowed } from "./allow.ts";
import { isBadPort } from "./ports.ts";
import { type Resolve, shared } from "./resolve.ts";

/** Interfaces come and go; reading them for every connection would cost more than the connection. */
const OWN_ADDRESSES_MILLISECONDS = 10_000;

export class Guard {
  readonly #allowed: AllowList;
  readonly #resolve: Resolve;
  #own: { addresses: Set<string>; until: number } = { addresses: new Set(), until: 0 };

  constructor(allowed: AllowList, resolve: Resolve) {
    this.#allowed = allowed;
    this.#resolve = shared(resolve);
  }

  /**
   * The addresses of a host that may be connected to, and no others.
   *
   * @param hostname as a URL has it
   * @throws StepFailure when none may; whatever the look-up of its name rejects with
   */
  async addressesOf(hostname: string, port: number): Promise<string[]> {
    const host = hostOf(hostname);
    const addresses = await this.lookUp(hostname);
    const permitted = addresses.filter((address) => this.#permits(host, plainAddress(address), port));
    if (permitted.length === 0) throw StepFailure.of("address_refused", {});
    return permitted;
  }

  /** The addresses of a host, whatever they are: for one that the operator has named. */
  lookUp(hostname: string): Promise<string[]> | string[] {
    const host = hostOf(hostname);
    return isIP(host) === 0 ? this.#resolve(host) : [host];
  }

  #permits(host: string, address: string, port: number): boolean {
    if (isAllowed(this.#allowed, host, address, port)) return true;
    return isPublic(address) && !isBadPort(port) && !this.#isOwn(address);
  }

  #isOwn(address: string): boolean {
    if (performance.now() > this.#own.until) {
      const found = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
      const addresses = new Set(found.map((one) => plainAddress(one.address)));
      this.#own = { addresses, until: performance.now() + OWN_ADDRESSES_MILLISECONDS };
    }
    return this.#own.addresses.has(address);
  }
}

/** Without the brackets of an IPv6 address, and the dot at the end of a name. */
export function hostOf(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
