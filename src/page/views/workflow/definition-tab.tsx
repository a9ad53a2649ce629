import { definitionText } from "../../data/authored.ts";
import { CopyButton } from "../../shared/copy/copy-button.tsx";
import { JsonEditor } from "../../shared/editor/json-editor.tsx";
import type { TabProps } from "./tab.ts";

/** The text of the version. */
export function DefinitionTab({ workflow }: TabProps) {
  const text = definitionText(workflow);
  return (
    <section class="definition" aria-label="Definition">
      <CopyButton text={text} what="the definition" />
      <JsonEditor text={text} label={`Definition of version ${workflow.version}`} readOnly />
    </section>
  );
}
