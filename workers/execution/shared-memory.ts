/** Memory that the threads of a pool share with the main thread: of this process, or a file that they map, by its path. */
export interface SharedMemory {
  progress: SharedArrayBuffer | string;
  /** See ReplyBytes. */
  replies: SharedArrayBuffer | string;
  /** See SharedCounts. */
  counts: SharedArrayBuffer | string;
}

/** What a thread was given, as memory. */
export function opened(memory: SharedArrayBuffer | string): ArrayBufferLike {
  return typeof memory === "string" ? Bun.mmap(memory).buffer : memory;
}
