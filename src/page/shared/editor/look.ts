/** How the editor looks: as the page does, in both themes. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", height: "100%", fontSize: "12.5px" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused :is(.cm-activeLine, .cm-activeLineGutter)": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--chosen)",
  },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--chosen)",
    outline: "1px solid var(--edge)",
  },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sunken)", borderColor: "var(--line)", color: "var(--soft)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: "var(--radius)",
    boxShadow: "0 6px 20px var(--shadow)",
  },
  ".cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", lineHeight: "20px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--chosen)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--soft)" },
  ".cm-completionInfo": { maxWidth: "320px", padding: "6px 10px", fontFamily: "var(--font)" },
  ".cm-diagnostic": { fontFamily: "var(--font)", borderLeftWidth: "3px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--failed)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--paused)" },
  ".cm-lintRange-error": { backgroundImage: "none", borderBottom: "2px solid var(--failed)" },
  ".cm-lintRange-warning": { backgroundImage: "none", borderBottom: "2px dotted var(--paused)" },
  ".cm-changedLine": { backgroundColor: "var(--success-tint) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--failed-tint) !important" },
  ".cm-collapsedLines": { backgroundImage: "none", backgroundColor: "var(--sunken)", color: "var(--soft)" },
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: '""' },
  "&.cm-merge-a .cm-changedLine": { backgroundColor: "var(--failed-tint) !important" },
  // Beneath the text, so that its colours keep their contrast.
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": {
    background: "none",
    boxShadow: "inset 0 -1.5px var(--failed)",
  },
  "&.cm-merge-b .cm-changedText, .cm-changedText": {
    background: "none",
    boxShadow: "inset 0 -1.5px var(--success)",
  },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--json-key)" },
  { tag: tags.string, color: "var(--json-text)" },
  { tag: tags.number, color: "var(--json-number)" },
  { tag: [tags.bool, tags.null], color: "var(--json-word)" },
]);

/** The nonce lets the policy of the page take the styles that the editor makes. */
export function lookOfEditors(): Extension {
  const nonce = document.documentElement.dataset.styleNonce ?? "";
  return [EditorView.cspNonce.of(nonce), theme, syntaxHighlighting(colours)];
}
