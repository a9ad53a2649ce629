/** A proxy in front of the platform, as people have them: it passes on what is below a prefix, without that. */

/** What it puts before every path. */
export const PREFIX = "/tools/flows";

export function prefixProxy(platform: () => string): Bun.Server<undefined> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (!pathname.startsWith(`${PREFIX}/`)) return new Response("nothing here", { status: 404 });
      const { method, headers } = request;
      const body = method === "POST" ? await request.bytes() : null;
      // Files stay packed as they came.
      const options = { method, headers, body, decompress: false, redirect: "manual" as const };
      return fetch(platform() + pathname.slice(PREFIX.length) + search, options);
    },
  });
}
