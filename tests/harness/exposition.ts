/** Reads the text of /metrics as strictly as its format is defined. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface MetricFamily {
  type: string;
  help: string;
  samples: Sample[];
}

const NAME = "[a-z_:][a-z0-9_:]*";
const HEAD = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /^([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/;
const TYPES = ["counter", "gauge", "histogram"];

/**
 * The families of a text, by their names.
 *
 * @throws Error naming the line that does not fit
 */
export function parseExposition(text: string): Map<string, MetricFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, MetricFamily>();
  let name = "";
  let family: MetricFamily | null = null;
  for (const line of text.split("\n")) {
    const wrong = (why: string) => new Error(`${why}: ${line}`);
    if (line === "") continue;
    const [, word, of = "", rest = ""] = HEAD.exec(line) ?? [];
    if (word === "HELP") {
      if (families.has(of)) throw wrong("a family comes twice");
      name = of;
      family = { type: "", help: rest, samples: [] };
      families.set(of, family);
    } else if (word === "TYPE") {
      if (family === null || of !== name || family.type !== "") throw wrong("no HELP before it");
      if (!TYPES.includes(rest)) throw wrong("no such type");
      family.type = rest;
    } else if (line.startsWith("#")) throw wrong("a comment of no kind");
    else {
      const sample = sampleOf(line);
      if (family === null || !namesOf(name, family.type).includes(sample.name)) throw wrong("it is not of the family");
      family.samples.push(sample);
    }
  }
  for (const [of, found] of families) check(of, found);
  return families;
}

function sampleOf(line: string): Sample {
  const [, name = "", labelText = "", text = ""] = SAMPLE.exec(line) ?? [];
  const labels: Record<string, string> = {};
  let rest = labelText;
  while (rest !== "") {
    const [all, label = "", value = ""] = LABEL.exec(rest) ?? [];
    if (all === undefined || label in labels) throw new Error(`wrong labels: ${line}`);
    labels[label] = value.replace(/\\([\\"n])/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(all.length);
  }
  const value = text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text);
  if (name === "" || Number.isNaN(value)) throw new Error(`no sample: ${line}`);
  return { name, labels, value };
}

function namesOf(name: string, type: string): string[] {
  return type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** @throws Error where a series comes twice, a counter is named wrongly, or a histogram does not add up */
function check(name: string, { type, samples }: MetricFamily): void {
  const all = samples.map((sample) => sample.name + nameOf(sample.labels));
  if (new Set(all).size < all.length) throw new Error(`${name}: a series comes twice`);
  if ((type === "counter") !== name.endsWith("_total")) throw new Error(`${name}: a counter ends with _total`);
  if (type !== "gauge" && samples.some(({ value }) => value < 0)) throw new Error(`${name}: below 0`);
  if (type === "histogram") for (const labels of new Set(samples.map(ownLabels))) checkHistogram(name, labels, samples);
}

function checkHistogram(name: string, labels: string, samples: Sample[]): void {
  const of = (suffix: string) =>
    samples.filter((sample) => sample.name === `${name}_${suffix}` && ownLabels(sample) === labels);
  const [buckets, sums, counts] = [of("bucket"), of("sum"), of("count")];
  if (sums.length !== 1 || counts.length !== 1) throw new Error(`${name}${labels}: no sum or no count`);
  const bounds = buckets.map(({ labels: { le = "" } }) => (le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le)));
  const rises = (values: number[]) => values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0));
  const values = buckets.map(({ value }) => value);
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY || !rises(bounds) || !rises(values)) {
    throw new Error(`${name}${labels}: buckets do not rise`);
  }
  if (values.at(-1) !== counts[0]?.value) throw new Error(`${name}${labels}: the last bucket is not the count`);
}

function ownLabels({ labels: { le: _, ...own } }: Sample): string {
  return nameOf(own);
}

function nameOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

/** The metrics of one process. */
export class Scrape {
  readonly families: Map<string, MetricFamily>;

  constructor(text: string) {
    this.families = parseExposition(text);
  }

  /** Of the port that a process logged. */
  static async of(address: string): Promise<Scrape> {
    const reply = await fetch(`${address}/metrics`);
    if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`);
    return new Scrape(await reply.text());
  }

  /** The sum of the samples of this name with these labels; of a histogram's, by `_count`, `_sum` or `_bucket` behind its name. */
  sum(name: string, labels: Record<string, string> = {}): number {
    const family = this.families.get(name) ?? this.families.get(name.replace(/_(count|sum|bucket)$/, ""));
    const fits = (sample: Sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
    return (family?.samples ?? []).filter(fits).reduce((sum, { value }) => sum + value, 0);
  }

  /** All values that a label has. */
  values(name: string, label: string): Set<string> {
    return new Set(this.families.get(name)?.samples.map(({ labels }) => labels[label] ?? ""));
  }
}
