import type { Row } from "./rows.ts";

/** Pixels, as in json.css. */
export const ROW_HEIGHT = 20;
const INDENT = 16;

export interface NumberedRow extends Row {
  /** Its place among all rows. */
  number: number;
}

interface JsonRowProps {
  row: NumberedRow;
  id: string;
  isActive: boolean;
  onChoose: () => void;
  onToggle: () => void;
}

export function JsonRow({ row, id, isActive, onChoose, onToggle }: JsonRowProps) {
  const { key, kind, text, size, canOpen, isOpen, depth, number } = row;
  return (
    // The tree around it has the keys.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      id={id}
      class={`json-row ${isActive ? "is-active" : ""}`}
      role="treeitem"
      tabIndex={-1}
      aria-level={depth + 1}
      aria-selected={isActive}
      aria-expanded={canOpen ? isOpen : undefined}
      style={{ top: `${number * ROW_HEIGHT}px`, paddingLeft: `${depth * INDENT + 20}px` }}
      onClick={onChoose}
      onDblClick={onToggle}
    >
      {canOpen && (
        <span class="json-fold" aria-hidden="true" style={{ left: `${depth * INDENT}px` }} onClick={onToggle}>
          {isOpen ? "▾" : "▸"}
        </span>
      )}
      {key !== null && <span class={kind === "range" ? "json-range" : "json-key"}>{key === "" ? '""' : key}</span>}
      {key !== null && kind !== "range" && <span class="json-soft">: </span>}
      {text !== "" && <span class={`json-${kind}`}>{text}</span>}
      {size !== "" && <span class="json-soft json-size">{size}</span>}
    </div>
  );
}
