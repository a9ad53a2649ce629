/** Where the parts of one HTTP/1.1 reply lie in its bytes. `length` is -1 for a chunked body. */
export interface Head {
  status: number;
  bodyAt: number;
  length: number;
}

/** Reads status line and framing of a reply; undefined while the head is incomplete; throws on what is no HTTP reply. */
export function parseHead(bytes: Buffer): Head | undefined {
  // Heads are short: one small copy to a string and native searches in it cost less than a byte loop in JavaScript.
  let text = bytes.toString("latin1", 0, Math.min(bytes.length, 512));
  let end = text.indexOf("\r\n\r\n");
  if (end < 0 && bytes.length > 512) {
    text = bytes.toString("latin1", 0, Math.min(bytes.length, 65_536));
    end = text.indexOf("\r\n\r\n");
  }
  if (end < 0) return undefined;
  const status = Number(text.slice(9, 12));
  if (!text.startsWith("HTTP/1.") || !(status >= 100)) throw new Error("the reply is no HTTP/1.1");
  const bodyAt = end + 4;
  const head = text.slice(0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return { status, bodyAt, length: Number(length) };
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, bodyAt, length: -1 };
  if (status === 204 || status === 304) return { status, bodyAt, length: 0 };
  throw new Error("the reply says nothing about its length");
}

/** The text of a chunked body that starts at `from`; undefined while its last chunk is missing. */
export function readChunked(bytes: Buffer, from: number): string | undefined {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(size >= 0)) throw new Error("the reply has a broken chunk size");
    const next = lineEnd + 2 + size + 2;
    if (next > bytes.length) return undefined;
    if (size === 0) return Buffer.concat(parts).toString("utf8");
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
