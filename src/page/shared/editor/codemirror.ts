/** The editor itself: in a part of the page of its own, since it weighs more than all the rest. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  ensureSyntaxTree,
  foldGutter,
  foldKeymap,
  indentOnInput,
  syntaxTree,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { completionsOf, type Known } from "./completion.ts";
import { lookOfEditors } from "./look.ts";
import { type Loc, locAt, partOfString, type Range, rangeOf, syntaxFault } from "./positions.ts";

/** A fault or a warning at a place. */
export interface Problem {
  loc: Loc;
  message: string;
  /** The word of the platform for it. */
  type: string;
  isWarning: boolean;
  /** The part of the text at the place that is meant, where that is in an expression. */
  part?: { offset: number; length: number };
}

export interface EditorOptions {
  parent: HTMLElement;
  text: string;
  label: string;
  readOnly: boolean;
  known: () => Known;
  onChange: (text: string) => void;
  /** Where the cursor is. */
  onPlace: (loc: (string | number)[]) => void;
}

/** Milliseconds that reading the whole text may take, at most, when places of it are asked for. */
const PARSE_MS = 100;

export class Editor {
  readonly view: EditorView;
  #problems: readonly Problem[] = [];
  #soon = 0;

  constructor({ parent, text, label, readOnly, known, onChange, onPlace }: EditorOptions) {
    const watching = EditorView.updateListener.of(({ docChanged, selectionSet, view, transactions }) => {
      if (docChanged) {
        onChange(view.state.doc.toString());
        this.#markSoon();
      }
      // What the page itself selects it knows already.
      const isUser = transactions.some((one) => one.isUserEvent("select") || one.isUserEvent("input"));
      if ((selectionSet || docChanged) && isUser) onPlace(this.#locAt(view.state.selection.main.head));
    });
    this.view = new EditorView({ parent, state: this.#state(text, [common(label, readOnly, known), watching]) });
    this.#mark();
  }

  /** Marks what is wrong; a text that is no JSON says so itself. */
  mark(problems: readonly Problem[]): void {
    this.#problems = problems;
    this.#mark();
  }

  /** Puts the cursor at a place, and shows it. */
  select(loc: Loc): void {
    const { from, to } = this.rangeOf(loc);
    const effects = EditorView.scrollIntoView(from, { y: "center" });
    this.view.dispatch({
      selection: { anchor: from, head: Math.min(to, this.view.state.doc.lineAt(from).to) },
      effects,
    });
  }

  /** Writes a text in place of what stands at a range: the editor can undo it. */
  replace({ from, to }: Range, insert: string): void {
    this.view.dispatch({ changes: { from, to, insert }, userEvent: "input.insert" });
  }

  /** All of the text, as one change that can be undone. */
  replaceAll(text: string): void {
    this.replace({ from: 0, to: this.view.state.doc.length }, text);
  }

  focus(): void {
    this.view.focus();
  }

  close(): void {
    cancelAnimationFrame(this.#soon);
    this.view.destroy();
  }

  #state(doc: string, extensions: Extension): EditorState {
    return EditorState.create({ doc, extensions });
  }

  /** Once the change is shown: what the platform said before is no longer of this text, but what is no JSON is told at once. */
  #markSoon(): void {
    cancelAnimationFrame(this.#soon);
    this.#soon = requestAnimationFrame(() => this.#mark());
  }

  #mark(): void {
    const { state } = this.view;
    const tree = ensureSyntaxTree(state, state.doc.length, PARSE_MS) ?? syntaxTree(state);
    const fault = syntaxFault(tree, state.doc.length);
    const found =
      fault === null
        ? this.#problems.map((problem) => this.#diagnosticOf(problem))
        : [{ ...fault, severity: "error" as const, message: "This is no JSON" }];
    this.view.dispatch(
      setDiagnostics(
        state,
        found.sort((one, other) => one.from - other.from),
      ),
    );
  }

  #diagnosticOf({ loc, message, type, isWarning, part }: Problem): Diagnostic {
    const range = this.rangeOf(loc, type === "extra_forbidden");
    const text = this.#read(range.from, range.to);
    const meant = part !== undefined && text.startsWith('"') ? partOfString(text, range.from, part) : range;
    // A value of many lines is marked where it begins.
    const end = Math.min(meant.to, this.view.state.doc.lineAt(meant.from).to);
    return { from: meant.from, to: end, severity: isWarning ? "warning" : "error", message };
  }

  /** What of the text a place means, as `rangeOf` of positions.ts has it. */
  rangeOf(loc: Loc, isKey = false): Range {
    const { state } = this.view;
    const tree = ensureSyntaxTree(state, state.doc.length, PARSE_MS) ?? syntaxTree(state);
    return rangeOf(tree, this.#read, loc, isKey);
  }

  #locAt(position: number): (string | number)[] {
    return locAt(syntaxTree(this.view.state), this.#read, position);
  }

  readonly #read = (from: number, to: number) => this.view.state.sliceDoc(from, to);
}

function common(label: string, readOnly: boolean, known: () => Known): Extension {
  return [
    lookOfEditors(),
    json(),
    ...[lineNumbers(), foldGutter(), lintGutter(), highlightActiveLine(), highlightActiveLineGutter()],
    ...[history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets()],
    autocompletion({ override: [completionsOf(known)], icons: false }),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
    ]),
    EditorState.readOnly.of(readOnly),
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    EditorView.lineWrapping,
  ];
}
