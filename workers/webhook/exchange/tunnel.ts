import type { Socket } from "node:net";
import { StepFailure } from "../../../src/connectors/index.ts";
import type { Signal } from "../port.ts";
import { NotReached } from "./failures.ts";

const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Has a proxy pass a connection on to a host (CONNECT: RFC 9110, 9.3.6); afterwards its bytes are the host's.
 *
 * @param authority host:port
 * @throws StepFailure when the proxy does not; NotReached when it can't right now; the signal's reason
 */
export function openTunnel(socket: Socket, authority: string, lines: string, signal: Signal): Promise<void> {
  return new Promise((resolve, reject) => {
    let head = "";
    const settle = (error: unknown) => {
      signal.removeEventListener("abort", onAbort);
      socket.off("data", onData);
      socket.off("close", onClose);
      if (error === null) return resolve();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => settle(signal.reason);
    const onClose = () => settle(NotReached.because("no_reply", {}));
    const onData = (bytes: Buffer) => {
      head += bytes.toString("latin1");
      // The host waits for our handshake: nothing of it can follow the head.
      if (!head.includes("\r\n\r\n") && head.length < MAX_HEAD_BYTES) return;
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
      if (status >= 200 && status < 300) return settle(null);
      // 5xx: it can't right now; below, it does not want to.
      const subjects = { status };
      settle(status >= 500 ? NotReached.because("proxy_refused", subjects) : StepFailure.of("proxy_refused", subjects));
    };
    signal.addEventListener("abort", onAbort);
    socket.on("data", onData);
    socket.on("close", onClose);
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${lines}\r\n`);
  });
}
