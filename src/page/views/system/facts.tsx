import type { ComponentChildren } from "preact";

/** Names and what they are. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="system-facts">{children}</dl>;
}

export function Fact({ name, value }: { name: string; value: ComponentChildren }) {
  return (
    <div class="system-fact">
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}
