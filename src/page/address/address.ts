/** Where the page is: everything that is chosen is in its address, so that a link shows the same to somebody else. */
import { signal } from "@preact/signals";
import { isKept, leaveWith } from "./leaving.ts";

export interface Address {
  /** Below /ui, with a slash in front: `/runs`. */
  path: string;
  query: URLSearchParams;
  /** Without its #. */
  hash: string;
}

/** The platform's own place, with a slash at its end; behind a prefix it is more than an origin. */
export const root = new URL(document.documentElement.dataset.root ?? "/", location.href);
const BASE = `${root.pathname}ui`;

export const address = signal<Address>(read());

/** The address to link to for a path of the page, such as `/runs?status=failed`. */
export function hrefOf(path: string): string {
  return path === "/" ? BASE : BASE + path;
}

/** A path with a query, of what is neither null nor empty. */
export function pathWith(path: string, query: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

/** The path of where the page is, with another choice; null takes a choice back. */
export function choose(changes: Record<string, string | number | null>): string {
  const { path, query } = address.value;
  return pathWith(path, { ...Object.fromEntries(query), ...changes });
}

/** Goes to a path of the page. What is chosen can be undone by Back, unless it replaces what was there. */
export function go(path: string, { replaces = false } = {}): void {
  const href = hrefOf(path);
  if (href === location.pathname + location.search + location.hash) return;
  const isElsewhere = new URL(href, location.href).pathname !== location.pathname;
  if (isElsewhere && isKept(() => leaveWith(() => go(path, { replaces })))) return;
  if (replaces) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  address.value = read();
}

/** Follows Back, and links within the page. */
export function followAddress(): void {
  addEventListener("popstate", () => {
    const { path, query, hash } = address.peek();
    // It is there already: what was left is put on top again, so that one step back is where somebody wanted to go.
    if (read().path !== path && isKept(() => leaveWith(() => history.back()))) {
      const search = query.size === 0 ? "" : `?${query}`;
      history.pushState(null, "", `${hrefOf(path)}${search}${hash === "" ? "" : `#${hash}`}`);
      return;
    }
    address.value = read();
  });
  document.addEventListener("click", (event) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!isPlain || event.defaultPrevented || link === null || link.target !== "" || link.hasAttribute("download"))
      return;
    const path = pathOf(new URL(link.href));
    if (path === null) return;
    event.preventDefault();
    go(path);
  });
}

/** The path below /ui of an address of this page; null of any other. */
export function pathOf({ origin, pathname, search, hash }: URL): string | null {
  if (origin !== location.origin) return null;
  const isBelow = pathname === BASE || (pathname.startsWith(`${BASE}/`) && !pathname.startsWith(`${BASE}/assets/`));
  return isBelow ? (pathname.slice(BASE.length) || "/") + search + hash : null;
}

function read(): Address {
  const path = location.pathname.slice(BASE.length).replace(/(?<=.)\/$/, "") || "/";
  return { path, query: new URLSearchParams(location.search), hash: location.hash.slice(1) };
}
