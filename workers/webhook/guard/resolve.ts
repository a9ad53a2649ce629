import { lookup } from "node:dns";

/** Finds the addresses of a host name, in the order in which they are to be tried. Rejects where it has none. */
export type Resolve = (name: string) => Promise<string[]>;

/** As the system does it: /etc/hosts first, then the name servers of /etc/resolv.conf. */
export const systemResolve: Resolve = (name) =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true, order: "verbatim" }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address));
      else reject(error);
    });
  });

/** Has those who ask for a name while it is being looked up wait for the same answer. */
export function shared(resolve: Resolve): Resolve {
  const underWay = new Map<string, Promise<string[]>>();
  return (name) => {
    const found = underWay.get(name) ?? resolve(name).finally(() => underWay.delete(name));
    underWay.set(name, found);
    return found;
  };
}
