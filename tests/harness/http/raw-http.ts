/** HTTP written by hand, for requests that fetch would mend or refuse to send. */
import { connect } from "node:net";
import type { Reply } from "./reply.ts";

const DEADLINE_MS = 10_000;

/** Sends a head (request line and header lines; Host and Connection are added) and body pieces; reads the reply. */
export function rawRequest(url: string, head: string[], body: (string | Uint8Array)[] = []): Promise<Reply> {
  return rawText(url, [...head, `Host: ${new URL(url).host}`, "Connection: close"], body);
}

/** The same without a line that the caller did not write; the server has to close. */
export async function rawText(url: string, head: string[], body: (string | Uint8Array)[] = []): Promise<Reply> {
  const { hostname, port } = new URL(url);
  const received = await new Promise<Uint8Array>((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const socket = connect({ host: hostname, port: Number(port === "" ? 80 : port) });
    const fail = (why: string) => {
      const got = new TextDecoder("latin1").decode(Buffer.concat(chunks)).slice(0, 300);
      reject(new Error(`${why} after ${head.join(" | ")}; received so far: ${JSON.stringify(got)}`));
    };
    socket.setTimeout(DEADLINE_MS, () => {
      socket.destroy();
      fail("no whole reply in time");
    });
    socket.on("connect", () => {
      socket.write([...head, "", ""].join("\r\n"));
      for (const piece of body) socket.write(piece);
    });
    socket.on("data", (chunk) => chunks.push(Buffer.from(chunk)));
    // A server may close while a body it refused is still being sent: what it answered before counts.
    socket.on("error", (error) => (chunks.length === 0 ? fail(error.message) : resolve(Buffer.concat(chunks))));
    socket.on("close", () => (chunks.length === 0 ? fail("closed without a reply") : resolve(Buffer.concat(chunks))));
  });
  return parse(head.join(" | "), received);
}

function parse(request: string, received: Uint8Array): Reply {
  const whole = new TextDecoder().decode(received);
  const end = whole.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = whole.slice(0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  const body = whole.slice(end + 4);
  const text = headers.get("transfer-encoding") === "chunked" ? unchunked(body) : body;
  const sent = request.length > 200 ? `${request.slice(0, 200)}… (${request.length} characters)` : request;
  return { sent, status: Number(statusLine.split(" ")[1]), headers, text, body: jsonOf(text) };
}

function unchunked(body: string): string {
  let text = "";
  for (let at = 0; ; ) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (!(size > 0)) return text;
    // Sizes count bytes; the replies read here are ASCII.
    text += body.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
