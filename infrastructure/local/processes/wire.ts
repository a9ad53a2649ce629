const PATIENCE_MS = 5000;

/**
 * Sends a few bytes over a connection of its own and resolves with the first that come back, at least so many.
 *
 * @throws Error when nobody listens, or nothing comes back.
 */
export async function ask(port: number, question: Uint8Array, length: number): Promise<Buffer> {
  const answer = Promise.withResolvers<Buffer>();
  let received = Buffer.alloc(0);
  const late = setTimeout(() => answer.reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
  try {
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (opened) => void opened.write(question),
        data(_, bytes) {
          received = Buffer.concat([received, bytes]);
          if (received.length >= length) answer.resolve(received);
        },
        close: () => answer.reject(new Error("the connection was closed")),
        error: (_, error) => answer.reject(error),
      },
    });
    try {
      return await answer.promise;
    } finally {
      socket.end();
    }
  } finally {
    clearTimeout(late);
  }
}
