/** Finds the addresses of a host name, in the order in which they are to be tried. Rejects where it has none. */
export type Resolve = (name: string) => Promise<string[]>;

/**
 * As the system does it: /etc/hosts first, then the name servers of /etc/resolv.conf. By c-ares, which waits for nothing: with
 * the C library 200 names whose servers were silent held up other look-ups for 20 s, and reads of files for minutes.
 */
export const systemResolve: Resolve = async (name) => {
  const found = await Bun.dns.lookup(name, { backend: "c-ares" });
  return found.map(({ address }) => address);
};

/** Shares one look-up of a name among all that ask for it meanwhile. */
export function shared(resolve: Resolve): Resolve {
  const underWay = new Map<string, Promise<string[]>>();
  return (name) => {
    const found = underWay.get(name) ?? resolve(name).finally(() => underWay.delete(name));
    underWay.set(name, found);
    return found;
  };
}
