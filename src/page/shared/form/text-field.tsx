import type { FaultsByPlace } from "./input.ts";

interface TextFieldProps {
  label: string;
  /** Where its faults are. */
  place: string;
  faults: FaultsByPlace;
  value: string;
  /** The id of a list of what is offered; anything else can be typed. */
  list?: string;
  onText: (text: string) => void;
}

/** A text, with its name above and what is wrong with it below. */
export function TextField({ label, place, faults, value, list, onText }: TextFieldProps) {
  const fault = faults.get(place);
  return (
    <label class="form-field">
      {label}
      <input
        type="text"
        {...(list !== undefined && { list })}
        autocomplete="off"
        aria-invalid={fault !== undefined}
        value={value}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
      {fault !== undefined && <span class="form-fault">{fault}</span>}
    </label>
  );
}
