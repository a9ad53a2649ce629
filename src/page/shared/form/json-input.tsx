import { useState } from "preact/hooks";
import type { InputProps } from "./input.ts";

/** A value as JSON. While the text is none, the value before counts, and the field says so. */
export function JsonInput({ value, onChange, id, describedBy, label }: InputProps & { label: string }) {
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const [isWrong, setIsWrong] = useState(false);
  return (
    <>
      <textarea
        id={id}
        class="mono"
        aria-label={id === undefined ? label : undefined}
        aria-describedby={describedBy}
        aria-invalid={isWrong || describedBy !== undefined}
        rows={Math.min(16, Math.max(3, text.split("\n").length))}
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          const read = parsed(currentTarget.value);
          setIsWrong(read === null);
          if (read !== null) onChange(read.value);
        }}
      />
      {isWrong && <span class="form-fault">This is no JSON</span>}
    </>
  );
}

function parsed(text: string): { value: unknown } | null {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
