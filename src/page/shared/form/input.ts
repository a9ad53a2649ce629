import type { Field } from "./fields.ts";

/** Faults by the place of the value, its keys joined with dots. */
export type FaultsByPlace = ReadonlyMap<string, string>;

export interface FieldProps {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
  faults: FaultsByPlace;
  /** Of the value within the whole: `to.street`. */
  place: string;
}

export type InputProps = FieldProps & { id?: string; describedBy?: string | undefined };
