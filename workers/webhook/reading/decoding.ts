import { TextDecoder } from "node:util";

/** A content type: `type/subtype` in small letters, and its charset if it names one (RFC 9110, 8.3). */
export function parseContentType(contentType: string): { essence: string; charset: string | null } {
  if (contentType === "") return { essence: "", charset: null };
  const essence = (/^[^;,]*/.exec(contentType)?.[0] ?? "").trim().toLowerCase();
  for (const [, name, quoted, plain] of contentType.matchAll(PARAMETER)) {
    if (name?.toLowerCase() === "charset")
      return { essence, charset: quoted?.replace(/\\(.)/g, "$1") ?? plain ?? null };
  }
  return { essence, charset: null };
}

const PARAMETER = /;\s*([^=;\s"]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s",]*))/g;

const BYTE_ORDER_MARKS: [bytes: number[], label: string][] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xfe, 0xff], "utf-16be"],
  [[0xff, 0xfe], "utf-16le"],
];

/** The text of a body: by its byte order mark, else by its charset, else as UTF-8 (WHATWG Encoding, 6: decode). */
export function decodeText(body: Uint8Array, charset: string | null): string {
  if (body.length === 0) return "";
  const marked = BYTE_ORDER_MARKS.find(([bytes]) => bytes.every((byte, index) => body[index] === byte));
  const label = marked?.[1] ?? charset;
  return (label === null ? UTF8 : decoderOf(label)).decode(body);
}

const UTF8 = new TextDecoder();

function decoderOf(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    // A charset that is not known: most such replies are UTF-8.
    return new TextDecoder();
  }
}
