import { useEffect, useRef, useState } from "preact/hooks";
import { PartMissing } from "../states/states.tsx";
import type { Editor, Problem } from "./codemirror.ts";
import type { Known } from "./completion.ts";

export type { Editor, Problem };

interface JsonEditorProps {
  /** What it begins with: another one makes another editor. */
  text: string;
  label: string;
  readOnly?: boolean;
  problems?: readonly Problem[];
  /** What completion knows, when it is asked for. */
  known?: () => Known;
  onChange?: (text: string) => void;
  onPlace?: (loc: (string | number)[]) => void;
  /** Has the editor, once it is there. */
  onReady?: (editor: Editor) => void;
}

const NOTHING: Known = { schema: null, definition: null, outputs: new Map() };
const NONE: readonly Problem[] = [];

/** A text of JSON that is edited. The editor is loaded when the first one is shown. */
export function JsonEditor(props: JsonEditorProps) {
  const { text, label, readOnly = false, problems = NONE } = props;
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const [editor, setEditor] = useState<Editor | null>(null);
  const [isMissing, setIsMissing] = useState(false);

  useEffect(() => {
    let made: Editor | null = null;
    let isGone = false;
    const notLoaded = () => setIsMissing(true);
    import("./codemirror.ts").then(({ Editor }) => {
      if (isGone || place.current === null) return;
      made = new Editor({
        ...{ parent: place.current, text, label, readOnly },
        known: () => latest.current.known?.() ?? NOTHING,
        onChange: (changed) => latest.current.onChange?.(changed),
        onPlace: (loc) => latest.current.onPlace?.(loc),
      });
      setEditor(made);
      latest.current.onReady?.(made);
    }, notLoaded);
    return () => {
      isGone = true;
      made?.close();
      setEditor(null);
    };
  }, [text, label, readOnly]);

  useEffect(() => editor?.mark(problems), [editor, problems]);

  return (
    <div class="json-editor" ref={place}>
      {isMissing && <PartMissing />}
      {editor === null && <pre class="json-editor-begin">{text.slice(0, 20_000)}</pre>}
    </div>
  );
}
