/** Completion in a definition: keys and values as the schema has them, and names within placeholders. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import { fieldsOf, namesAt } from "./names.ts";
import { locAt } from "./positions.ts";
import { keysFor, type Proposal, type Schema, schemasAt, valuesFor } from "./schema.ts";

/** What completion knows beside the text. */
export interface Known {
  schema: Schema | null;
  /** The last text that was JSON, read. */
  definition: unknown;
  /** What steps gave, and the payload, in the last run: by their names. */
  outputs: ReadonlyMap<string, unknown>;
}

/** Behind the opening of a placeholder: names, dots and what is begun. */
const IN_PLACEHOLDER = /\$\{\{?\s*([\w.]*)$/;

export function completionsOf(known: () => Known) {
  return (context: CompletionContext): CompletionResult | null => {
    const { state, pos } = context;
    const tree = syntaxTree(state);
    const node = tree.resolveInner(pos, -1);
    const read = (from: number, to: number) => state.sliceDoc(from, to);
    const { schema, definition, outputs } = known();
    const loc = locAt(tree, read, pos);

    if (node.name === "String") {
      const begun = IN_PLACEHOLDER.exec(read(node.from, pos))?.[1];
      if (begun !== undefined) return namesFor(begun, pos, definition, loc, outputs);
    }
    if (schema === null) return null;
    if (node.name === "PropertyName" || node.name === "Object") {
      const isBegun = node.name === "PropertyName";
      if (!isBegun && !context.explicit) return null;
      const object = isBegun ? node.parent?.parent : node;
      const around = isBegun ? loc.slice(0, -1) : loc;
      const names = object?.getChildren("Property").flatMap((one) => one.getChild("PropertyName") ?? []) ?? [];
      const present = names.filter(({ from }) => from !== node.from).map(({ from, to }) => read(from + 1, to - 1));
      const options = keysFor(schemasAt(schema, definition, around), present).map((one) => keyOption(one, isBegun));
      return options.length === 0 ? null : { ...placeOf(isBegun ? node : null, pos), options };
    }
    const isValue = node.name === "String";
    if (!isValue && !context.explicit) return null;
    const options = valuesFor(schemasAt(schema, definition, loc)).map(valueOption);
    if (options.length === 0) return null;
    return { ...placeOf(isValue ? node : null, pos), options };
  };
}

/** What is written over: the string that is begun, if any. Of its quotes alone nothing is looked for: with a letter it is asked again. */
function placeOf(begun: { from: number; to: number } | null, pos: number) {
  const { from, to } = begun ?? { from: pos, to: pos };
  return begun !== null && pos <= from + 1 ? { from, to, filter: false } : { from, to, validFor: /^"?[\w-]*"?$/ };
}

function namesFor(
  begun: string,
  pos: number,
  definition: unknown,
  loc: readonly (string | number)[],
  outputs: Known["outputs"],
): CompletionResult | null {
  const parts = begun.split(".");
  const last = parts.pop() ?? "";
  const options: Completion[] =
    parts.length === 0
      ? namesAt(definition, loc).map(({ name, detail }) => ({ label: name, detail, type: "variable" }))
      : fieldsOf(definition, parts, outputs).map((label) => ({ label, type: "property" }));
  return options.length === 0 ? null : { from: pos - last.length, options, validFor: /^\w*$/ };
}

function keyOption({ label, insert, detail, info }: Proposal, isBegun: boolean): Completion {
  return {
    ...{ label: isBegun ? insert : label, displayLabel: label, detail, type: "property", boost: detail === "" ? 0 : 1 },
    ...(info === "" ? {} : { info }),
    apply: (view, _, from, to) => {
      const isFollowed = /^\s*:/.test(view.state.sliceDoc(to, to + 20));
      const text = isFollowed ? insert : `${insert}: `;
      view.dispatch({
        changes: { from, to, insert: text },
        selection: { anchor: from + text.length },
        userEvent: "input.complete",
      });
    },
  };
}

function valueOption({ label, insert, info }: Proposal): Completion {
  const shown = label.length > 60 ? `${label.slice(0, 60)}…` : label;
  return { label: insert, displayLabel: shown, type: "constant", ...(info === "" ? {} : { info }) };
}
