/** The text that Prometheus reads. */
import { AggregatorRegistry } from "prom-client";
import { type CountedFamily, Counter, type FamilyOptions, type Labels, type Program } from "./counts.ts";
import { GAUGES } from "./gauges.ts";
import type { Reading } from "./readings.ts";
import { COUNTS } from "./table.ts";

/** A value as prom-client writes it. */
interface Value {
  labels: Readonly<Record<string, string>>;
  value: number;
  metricName: string;
}

/** The media type of the text. */
export const CONTENT_TYPE = AggregatorRegistry.PROMETHEUS_CONTENT_TYPE;

/** All families of a program as text: what is counted, and what was read. */
export function exposition(program: Program, readings: readonly Reading[]): Promise<string> {
  const counted = COUNTS.filter(({ options }) => options.programs.includes(program)).map((family) =>
    metricOf(family.options, family.bounds === null ? "counter" : "histogram", valuesOf(family)),
  );
  const read = GAUGES.flatMap((family) => {
    const { name } = family.options;
    const values = readings.filter((reading) => reading.family === family);
    if (values.length === 0) return [];
    return [
      metricOf(
        family.options,
        family.kind,
        values.map(({ labels, value }) => ({ labels, value, metricName: name })),
      ),
    ];
  });
  // Meant for the processes of a cluster: it takes what was counted elsewhere.
  return AggregatorRegistry.aggregate([[...counted, ...read]]).metrics();
}

function metricOf({ name, help }: FamilyOptions<Labels>, type: "counter" | "gauge" | "histogram", values: Value[]) {
  return { name, help, type, values, aggregator: "first" };
}

function valuesOf({ options: { name }, bounds, series }: CountedFamily): Value[] {
  return series.flatMap(({ labels, one }) => {
    if (one instanceof Counter) return [{ labels, value: one.value, metricName: name }];
    let count = 0;
    const buckets = one.counts.map((more, index) => {
      count += more;
      const bound = bounds?.[index];
      const le = bound === undefined ? "+Inf" : String(bound);
      return { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: one.sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  });
}
