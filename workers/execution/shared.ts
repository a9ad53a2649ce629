/**
 * What each thread executes, in shared memory, so that the watchdog knows which run a thread was on when it looped or died.
 *
 * Int32 cells: [0] lanes given out; then LANES lanes of [beats, slot on the CPU + 1, thread id, the kernel's id of it]; then
 * slots of [lane + 1, run of the task + 1].
 */
export const LANES = 256;
const LANE_CELLS = 4;
const SLOT_CELLS = 2;

export class SharedProgress {
  readonly #cells: Int32Array<ArrayBufferLike>;

  constructor(buffer: ArrayBufferLike) {
    this.#cells = new Int32Array(buffer);
  }

  /** Bytes for so many tasks at once. */
  static bytes(slots: number): number {
    return (1 + LANES * LANE_CELLS + slots * SLOT_CELLS) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** A thread's own lane. Lanes of dead threads come round again. `kernelId` is 0 where the kernel tells none. */
  takeLane(threadId: number, kernelId: number): number {
    const lane = Atomics.add(this.#cells, 0, 1) % LANES;
    this.#store(lanePlace(lane) + 1, 0);
    this.#store(lanePlace(lane) + 2, threadId);
    this.#store(lanePlace(lane) + 3, kernelId);
    return lane;
  }

  /** How many threads took a lane so far. */
  get lanesTaken(): number {
    return Atomics.load(this.#cells, 0);
  }

  beat(lane: number): void {
    Atomics.add(this.#cells, lanePlace(lane), 1);
  }

  /** The thread goes on with this run of this task. */
  enter(lane: number, slot: number, run: number): void {
    this.#store(slotPlace(slot), lane + 1);
    this.#store(slotPlace(slot) + 1, run + 1);
    this.#store(lanePlace(lane) + 1, slot + 1);
    this.beat(lane);
  }

  /** The thread waits, or is done with the run that it entered. */
  leave(lane: number): void {
    this.#store(lanePlace(lane) + 1, 0);
  }

  /** Forgets the task that had this slot. */
  clear(slot: number): void {
    this.#store(slotPlace(slot), 0);
    this.#store(slotPlace(slot) + 1, 0);
  }

  /** The lane that took the task of this slot; null while none has. */
  laneOf(slot: number): number | null {
    const lane = Atomics.load(this.#cells, slotPlace(slot)) - 1;
    return lane < 0 ? null : lane;
  }

  /** The run (index in its task) that was on its thread's CPU; null when it was another task's or none. */
  runOnCpu(slot: number): number | null {
    const lane = this.laneOf(slot);
    if (lane === null || Atomics.load(this.#cells, lanePlace(lane) + 1) !== slot + 1) return null;
    return Atomics.load(this.#cells, slotPlace(slot) + 1) - 1;
  }

  beats(lane: number): number {
    return Atomics.load(this.#cells, lanePlace(lane));
  }

  /** The lanes that were taken last, so many at most. */
  lastLanes(count: number): number[] {
    const taken = this.lanesTaken;
    return Array.from({ length: Math.min(count, taken) }, (_, index) => (taken - 1 - index) % LANES);
  }

  threadOf(lane: number): number {
    return Atomics.load(this.#cells, lanePlace(lane) + 2);
  }

  kernelIdOf(lane: number): number {
    return Atomics.load(this.#cells, lanePlace(lane) + 3);
  }

  #store(cell: number, value: number): void {
    Atomics.store(this.#cells, cell, value);
  }
}

function lanePlace(lane: number): number {
  return 1 + lane * LANE_CELLS;
}

function slotPlace(slot: number): number {
  return 1 + LANES * LANE_CELLS + slot * SLOT_CELLS;
}
