/** The clocks of a time zone. Wall times are what they show, as milliseconds since the epoch would be if they showed UTC. */

const DAY = 24 * 60 * 60 * 1000;
const MAX_ZONES = 600;
const zones = new Map<string, Zone>();

/** The zone of an IANA name; null where there is none. */
export function zoneOf(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  } catch {
    return null;
  }
  const zone = new Zone(format);
  // Names in any case are known, so that there are more spellings than zones.
  if (zones.size >= MAX_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
}

export class Zone {
  readonly #format: Intl.DateTimeFormat;

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  /** How far its clocks are ahead of UTC at a moment, milliseconds. */
  offsetAt(moment: number): number {
    const [, sign, hours = "0", minutes = "0", seconds = "0"] =
      /GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(this.#format.format(moment)) ?? [];
    const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === "-" ? -offset : offset;
  }

  /** When its clocks first show a wall time; where they leave it out, when they go on behind the gap. */
  momentOf(wall: number): number {
    // Offsets are less than a day, so these are moments before and after it.
    const [before, after] = [this.offsetAt(wall - DAY), this.offsetAt(wall + DAY)];
    if (before === after || this.offsetAt(wall - before) === before) return wall - before;
    if (this.offsetAt(wall - after) === after) return wall - after;
    return this.changeBetween(wall - DAY, wall + DAY);
  }

  /** When the offset changes between two moments at which it differs: the first moment of the new one. */
  changeBetween(from: number, to: number): number {
    const old = this.offsetAt(from);
    let [low, high] = [Math.floor(from / 1000), Math.ceil(to / 1000)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle * 1000) === old) low = middle;
      else high = middle;
    }
    return high * 1000;
  }
}
