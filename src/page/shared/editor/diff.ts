/** Two texts beside one another, or one above the other where there is no room, with what is different. */
import { json } from "@codemirror/lang-json";
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { lookOfEditors } from "./look.ts";

export interface DiffOptions {
  parent: HTMLElement;
  before: { text: string; label: string };
  after: { text: string; label: string };
}

/** Lines around a difference, and how many that are the same are worth hiding. */
const COLLAPSED = { margin: 3, minSize: 6 };
/** Pixels that two texts beside one another need. */
const BESIDE_WIDTH = 720;

/** Shows a difference, anew where there comes to be room for both texts or no longer is; gives what ends it. */
export function showDiff(options: DiffOptions): () => void {
  const { parent } = options;
  let isBeside: boolean | null = null;
  let end = () => {};
  const show = () => {
    const hasRoom = parent.offsetWidth >= BESIDE_WIDTH;
    if (hasRoom === isBeside) return;
    isBeside = hasRoom;
    end();
    end = draw(options, hasRoom);
  };
  show();
  const resized = new ResizeObserver(show);
  resized.observe(parent);
  return () => {
    resized.disconnect();
    end();
  };
}

function draw({ parent, before, after }: DiffOptions, isBeside: boolean): () => void {
  const extensions = (label: string) => [
    ...[lookOfEditors(), json(), lineNumbers(), EditorState.readOnly.of(true), EditorView.lineWrapping],
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
  ];
  if (!isBeside) {
    const merged = unifiedMergeView({ original: before.text, mergeControls: false, collapseUnchanged: COLLAPSED });
    const view = new EditorView({ parent, doc: after.text, extensions: [extensions(after.label), merged] });
    return () => view.destroy();
  }
  const view = new MergeView({
    parent,
    a: { doc: before.text, extensions: extensions(before.label) },
    b: { doc: after.text, extensions: extensions(after.label) },
    collapseUnchanged: COLLAPSED,
  });
  return () => view.destroy();
}
