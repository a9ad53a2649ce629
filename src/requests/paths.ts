/**
 * The path of a request's address. Where a request has no Host, or one that makes no address, Bun gives the path alone in
 * place of an address; that of a CONNECT has none.
 */
export function pathOf({ url }: Request): string {
  const at = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  return at < 0 ? "" : url.slice(at).replace(/[?#].*$/s, "");
}
