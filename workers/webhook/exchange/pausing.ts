import type { Socket } from "node:net";

interface Handle {
  pause(): void;
  resume(): void;
}

/**
 * Leaves what comes on a socket to the kernel, or reads it again. `Socket.pause` alone does not: Bun 1.4.5 goes on reading into
 * the stream, 1 MB of each of 300 sockets that were paused and resumed five times, where its handle, paused too, reads nothing.
 */
export function pauseReading(socket: Socket, pause: boolean): void {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (pause) {
    socket.pause();
    if (isHandle(handle)) handle.pause();
  } else {
    if (isHandle(handle)) handle.resume();
    socket.resume();
  }
}

function isHandle(value: unknown): value is Handle {
  return (
    typeof value === "object" &&
    value !== null &&
    "pause" in value &&
    typeof value.pause === "function" &&
    "resume" in value &&
    typeof value.resume === "function"
  );
}
