/** Bounds the bytes of replies that came and are held: where there are too many, what else comes is left to the kernel. */

/** Beyond this, replies of hosts that send large ones wait. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Beyond this, all wait: of many hosts each may send its first large one. */
const MOST_BYTES = 6 * 1024 * 1024;
/** A host that sent a larger reply than this within the last minute sends large ones; one whose replies were smaller, small ones. */
const LARGE_BYTES = 64 * 1024;
const KNOWN_MILLISECONDS = 60_000;
const MAX_KNOWN_HOSTS = 1000;
/** The replies that began first go on, so that half-read ones never wait for each other. */
const OLDEST = 4;
/** One of which nothing came for so long stalls: neither it nor its bytes keep others from going on. */
const STALLED_MILLISECONDS = 1000;
/** Beyond this many bytes of replies that stall, those that have done so for longest are given up. */
const MOST_STALLED_BYTES = 32 * 1024 * 1024;
const LOOK_MILLISECONDS = 5;
/**
 * Replies that go on at one look, and of unknown hosts between two looks: all at once would bring up to 512 KiB each before the
 * first of them is counted.
 */
const AT_ONCE = 64;

/** A reply under way. */
export interface Inflowing {
  /** Whom it comes from. */
  readonly host: string;
  /** Called with true to stop reading, so that bytes wait in the kernel, and with false to read again. */
  hold(isHeld: boolean): void;
  /** Called when it has stalled, and others want the room. */
  giveUp(): void;
}

interface Place {
  isHeld: boolean;
  bytes: number;
  /** When a part of it came last, or when it was let go on; monotonic, milliseconds. */
  cameAt: number;
}

export class Inflow {
  readonly #heldBytes: () => number;
  /** Nothing of these replies has come. */
  readonly #awaited = new Map<Inflowing, Place>();
  /** A part of these has come; the one that began first is the first. */
  readonly #begun = new Map<Inflowing, Place>();
  /** Hosts that replied lately, and how large; the one that did longest ago is the first. */
  readonly #hosts = new Map<string, { isLarge: boolean; at: number }>();
  /** Replies of unknown hosts that were let go since the last look. */
  #unknown = 0;
  #shut: "open" | "large" | "all" = "open";
  #looking: ReturnType<typeof setInterval> | null = null;

  /** `heldBytes`: how many bytes of replies are held now. */
  constructor(heldBytes: () => number) {
    this.#heldBytes = heldBytes;
  }

  /** A request is sent; its reply will come. */
  expect(reply: Inflowing): void {
    const isUnknown = this.#host(reply.host) === undefined;
    // While some are held, this one waits behind them.
    const isBehind = this.#looking !== null && (this.#shut === "all" || this.#isLarge(reply.host));
    const isHeld = isBehind || (isUnknown && this.#unknown >= AT_ONCE);
    this.#awaited.set(reply, { isHeld, bytes: 0, cameAt: 0 });
    if (isHeld) {
      reply.hold(true);
      this.#lookOn();
    } else if (isUnknown) this.#unknown++;
  }

  /** So many bytes of a reply came, and are counted. */
  came(reply: Inflowing, bytes: number): void {
    const place = this.#begun.get(reply) ?? this.#awaited.get(reply);
    if (place === undefined) return;
    if (this.#awaited.delete(reply)) this.#begun.set(reply, place);
    place.bytes += bytes;
    place.cameAt = performance.now();
    if (place.bytes > LARGE_BYTES) this.#note(reply.host, { isLarge: true, at: place.cameAt });
    if (this.#shut === "all" || this.#heldBytes() <= MAX_BYTES) return;
    const active = this.#activeBytes();
    if (active > MOST_BYTES) this.#hold("all");
    else if (active > MAX_BYTES && this.#shut === "open") this.#hold("large");
  }

  /** All of a reply came, or nothing more of it will. */
  over(reply: Inflowing, isComplete: boolean): void {
    if (!this.#awaited.delete(reply)) this.#begun.delete(reply);
    if (isComplete && !this.#isLarge(reply.host)) this.#note(reply.host, { isLarge: false, at: performance.now() });
  }

  #hold(which: "large" | "all"): void {
    this.#shut = which;
    for (const [reply, place] of this.#places()) {
      if (place.isHeld || (which === "large" && !this.#isLarge(reply.host))) continue;
      place.isHeld = true;
      reply.hold(true);
    }
    this.#letOldestGo();
    this.#lookOn();
  }

  #lookOn(): void {
    this.#looking ??= setInterval(() => this.#look(), LOOK_MILLISECONDS);
  }

  #look(): void {
    const active = this.#activeBytes();
    this.#unknown = 0;
    if (this.#shut !== "open" && active > MAX_BYTES / 2) {
      this.#letOldestGo();
      if (this.#shut === "large" || active <= MAX_BYTES) this.#letSmallGo();
      return;
    }
    this.#shut = "open";
    let left = AT_ONCE;
    for (const [reply, place] of this.#places()) {
      if (place.isHeld && left-- === 0) return;
      this.#letGo(reply, place);
    }
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#looking = null;
  }

  /** The bytes that are held, but for those of replies that stall. */
  #activeBytes(): number {
    const since = performance.now() - STALLED_MILLISECONDS;
    const stalled = [...this.#begun].filter(([, { isHeld, cameAt }]) => !isHeld && cameAt <= since);
    let bytes = stalled.reduce((sum, [, place]) => sum + place.bytes, 0);
    if (bytes > MOST_STALLED_BYTES) {
      for (const [reply, place] of stalled.sort(([, one], [, other]) => one.cameAt - other.cameAt)) {
        if (bytes <= MOST_STALLED_BYTES / 2) break;
        bytes -= place.bytes;
        reply.giveUp();
      }
    }
    return this.#heldBytes() - bytes;
  }

  #letOldestGo(): void {
    const now = performance.now();
    let going = 0;
    for (const [reply, place] of this.#begun) {
      this.#letGo(reply, place);
      if (now - place.cameAt < STALLED_MILLISECONDS && ++going === OLDEST) return;
    }
  }

  #letSmallGo(): void {
    this.#shut = "large";
    let left = AT_ONCE;
    for (const [reply, place] of this.#places()) {
      if (!place.isHeld || this.#isLarge(reply.host)) continue;
      if (left-- === 0) return;
      this.#letGo(reply, place);
    }
  }

  #letGo(reply: Inflowing, place: Place): void {
    if (!place.isHeld) return;
    place.isHeld = false;
    place.cameAt = performance.now();
    if (this.#host(reply.host) === undefined) this.#unknown++;
    reply.hold(false);
  }

  #note(host: string, known: { isLarge: boolean; at: number }): void {
    this.#hosts.delete(host);
    this.#hosts.set(host, known);
    const [oldest] = this.#hosts.keys();
    if (this.#hosts.size > MAX_KNOWN_HOSTS && oldest !== undefined) this.#hosts.delete(oldest);
  }

  /** What is known of a host; undefined where it did not reply within the last minute. */
  #host(host: string): { isLarge: boolean; at: number } | undefined {
    const known = this.#hosts.get(host);
    return known !== undefined && performance.now() - known.at < KNOWN_MILLISECONDS ? known : undefined;
  }

  #isLarge(host: string): boolean {
    return this.#host(host)?.isLarge === true;
  }

  *#places(): Generator<[Inflowing, Place]> {
    yield* this.#begun;
    yield* this.#awaited;
  }
}
