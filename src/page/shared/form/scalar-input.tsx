import { typed } from "./fields.ts";
import type { InputProps } from "./input.ts";

/** A text, a number, a choice, or yes or no. */
export function ScalarInput({ field: { kind, schema }, value, onChange, id, describedBy }: InputProps) {
  const common = { id, "aria-describedby": describedBy, "aria-invalid": describedBy !== undefined };
  if (kind === "yes-or-no") {
    return (
      <input
        {...common}
        type="checkbox"
        checked={value === true}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    );
  }
  if (kind === "choice") {
    const choices = schema.const === undefined ? (schema.enum ?? []) : [schema.const];
    return (
      <select
        {...common}
        value={choices.indexOf(value)}
        onChange={({ currentTarget }) => onChange(choices[Number(currentTarget.value)])}
      >
        <option value={-1}>–</option>
        {choices.map((choice, index) => (
          <option key={String(choice)} value={index}>
            {String(choice)}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...common}
      type="text"
      inputMode={kind === "text" ? "text" : "decimal"}
      placeholder={placeholderOf(schema.examples?.[0], schema.format)}
      value={value === undefined || value === null ? "" : String(value)}
      onInput={({ currentTarget }) => onChange(typed(kind, currentTarget.value))}
    />
  );
}

function placeholderOf(example: unknown, format: string | undefined): string {
  if (typeof example === "string" || typeof example === "number") return String(example);
  if (format === "date-time") return "2026-11-29T17:00:00Z";
  return format ?? "";
}
