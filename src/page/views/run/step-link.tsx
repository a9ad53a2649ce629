import type { ComponentChildren } from "preact";
import { choose, hrefOf } from "../../address/address.ts";

/** Where a step is open, on one of its tabs. */
export function stepHref(address: string, tab: string | null = null): string {
  return hrefOf(choose({ step: address, tab, item: null }));
}

/** Opens a step beside what is shown. */
export function StepLink({ address, children }: { address: string; children: ComponentChildren }) {
  return <a href={stepHref(address)}>{children}</a>;
}
