/** Values that are read at a scrape, and what reads them. */
import type { FamilyOptions, Labels, LabelValues } from "./counts.ts";

/** What the values are read of. */
export const COLLECTORS = [
  "process",
  "readiness",
  "breakers",
  "pools",
  "replica",
  "broker",
  "database",
  "figures",
  "disk",
  "worker",
] as const;
export type CollectorName = (typeof COLLECTORS)[number];

/** One value of a family. */
export interface Reading {
  family: { options: FamilyOptions<Labels>; kind: "gauge" | "counter" };
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Reads the values of one part of the process. Where it fails or takes long, its families are left out of that scrape. */
export interface Collector {
  name: CollectorName;
  /** Cheap: it is called at every scrape. */
  read(): Reading[] | Promise<Reading[]>;
}

/** A family whose values are read. */
export class ReadFamily<const L extends Labels> {
  readonly options: FamilyOptions<L>;
  /** `counter` where its values only rise. */
  readonly kind: "gauge" | "counter";

  constructor(options: FamilyOptions<L>, kind: "gauge" | "counter" = "gauge") {
    this.options = options;
    this.kind = kind;
  }

  at(labels: LabelValues<L>, value: number): Reading {
    return { family: this, labels, value };
  }
}
