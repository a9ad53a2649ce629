import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { address, choose, go } from "../../address/address.ts";
import { useTyping } from "../../data/typing.ts";

interface TextFilterProps {
  /** In the address. */
  name: "workflow" | "q";
  label: string;
  placeholder: string;
  field?: RefObject<HTMLInputElement | null>;
}

/** A text that is looked for, kept in the address: it takes effect when somebody stops typing. */
export function TextFilter({ name, label, placeholder, field }: TextFilterProps) {
  const given = address.value.query.get(name) ?? "";
  const [typed, setTyped] = useState(given);
  const typing = useTyping();
  // Before the next key: later it would take back what has been typed since.
  useLayoutEffect(() => {
    typing.close();
    setTyped(given);
  }, [typing, given]);
  const type = (text: string) => {
    setTyped(text);
    typing.stopped(() => go(choose({ [name]: text.trim(), at: null })));
  };
  return (
    <input
      type="search"
      {...(field !== undefined && { ref: field })}
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      onInput={({ currentTarget }) => type(currentTarget.value)}
      spellcheck={false}
    />
  );
}
