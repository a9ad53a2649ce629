/** Says a cron pattern in words, where it is one that people use; docs/schedules.md has all. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const SHORT_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3).toUpperCase());

/** Null for one that is said best as it is written. */
export function cronWords(pattern: string): string | null {
  const fields = pattern.trim().toUpperCase().split(/\s+/);
  const [seconds, minute, hour, day, month, weekday] = fields.length === 6 ? fields : ["0", ...fields];
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined) {
    return null;
  }
  const time = timeWords(seconds ?? "0", minute, hour);
  const days = dayWords(day, month, weekday);
  if (time === null || days === null) return null;
  return days === "" ? time : `${time}, ${days}`;
}

function timeWords(second: string, minute: string, hour: string): string | null {
  const every = (field: string) => /^\*\/([1-9]\d?)$/.exec(field)?.[1];
  if (second !== "0") {
    const step = second === "*" ? "1" : every(second);
    return step !== undefined && minute === "*" && hour === "*" ? eachOf(step, "second") : null;
  }
  const step = minute === "*" ? "1" : every(minute);
  if (step !== undefined) {
    if (hour === "*") return eachOf(step, "minute");
    const range = /^(\d{1,2})-(\d{1,2})$/.exec(hour);
    return range === null ? null : `${eachOf(step, "minute")} from ${clock(range[1], "0")} to ${clock(range[2], "59")}`;
  }
  const minutes = numbersOf(minute);
  if (minutes === null) return null;
  if (hour === "*") return `hourly at minute ${listed(minutes.map(String))}`;
  const hourStep = every(hour);
  if (hourStep !== undefined) return `${eachOf(hourStep, "hour")} at minute ${listed(minutes.map(String))}`;
  const hours = numbersOf(hour);
  if (hours === null || hours.length * minutes.length > 6) return null;
  return `at ${listed(hours.flatMap((one) => minutes.map((other) => clock(one, other))))}`;
}

function dayWords(day: string, month: string, weekday: string): string | null {
  const months = month === "*" ? "" : namesOf(month, SHORT_MONTHS, MONTHS, 1);
  if (months === null) return null;
  const inMonths = months === "" ? "" : ` in ${months}`;
  if (day === "*" && weekday === "*") return inMonths === "" ? "every day" : `every day${inMonths}`;
  if (day === "*") {
    const names = weekday === "MON-FRI" || weekday === "1-5" ? "weekdays" : namesOf(weekday, SHORT_DAYS, DAYS, 0);
    return names === null ? null : `on ${names}${inMonths}`;
  }
  // A pattern with both fires on either.
  if (weekday !== "*") return null;
  if (day === "L") return `on the last day of ${months === "" ? "each month" : months}`;
  const days = numbersOf(day);
  return days === null ? null : `on day ${listed(days.map(String))} of ${months === "" ? "each month" : months}`;
}

/** The names of a field such as `MON,WED` or `1-3`; null for any other. */
function namesOf(field: string, short: readonly string[], names: readonly string[], first: number): string | null {
  const parts = field.split(",").map((part) => {
    const [from, to, ...more] = part.split("-").map((word) => nameOf(word, short, names, first));
    if (from === undefined || from === null || to === null || more.length > 0) return null;
    return to === undefined ? from : `${from} to ${to}`;
  });
  const known = parts.filter((part) => part !== null);
  return known.length === parts.length ? listed(known) : null;
}

function nameOf(word: string, short: readonly string[], names: readonly string[], first: number): string | null {
  const at = short.indexOf(word);
  if (at >= 0) return names[at] ?? null;
  return /^\d{1,2}$/.test(word) ? (names[Number(word) - first] ?? null) : null;
}

function numbersOf(field: string): number[] | null {
  return /^\d{1,2}(,\d{1,2})*$/.test(field) ? field.split(",").map(Number) : null;
}

function eachOf(step: string, unit: string): string {
  return step === "1" ? `every ${unit}` : `every ${step} ${unit}s`;
}

function clock(hour: number | string | undefined, minute: number | string): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
