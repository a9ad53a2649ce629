import { JsonViewer } from "../../../shared/json/json-viewer.tsx";
import type { PanelTabProps } from "./tab.ts";

/** What the step gave; places in it are copied as the placeholders that read them. */
export function Output({ step }: PanelTabProps) {
  const { output, status, address } = step;
  if (output === null || output === undefined) {
    const why = status === "running" ? "It is under way: there is no output yet" : "It has no output";
    return <p class="soft">{why}</p>;
  }
  // Within an iteration and in branches, names are those of their own scope: the last one.
  const name = address.split(".").at(-1) ?? address;
  return <JsonViewer text={JSON.stringify(output)} name={name} label={`output of ${address}`} />;
}
