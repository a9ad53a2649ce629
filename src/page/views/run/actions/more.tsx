import { useEffect, useRef } from "preact/hooks";
import { hrefOf, root } from "../../../address/address.ts";
import { platform } from "../../../data/platform.ts";
import { CopyButton } from "../../../shared/copy/copy-button.tsx";
import { download } from "../../../shared/copy/download.ts";
import type { ShownRun } from "../shown-run.ts";

/** What is seldom done. */
export function More({ run, signal }: ShownRun & { signal: (() => void) | null }) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const isElsewhere = event.target instanceof Node && menu.current?.contains(event.target) === false;
      if (menu.current !== null && isElsewhere) menu.current.open = false;
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, []);
  const place = root.href.replace(/\/$/, "");
  const save = async () => download(`run-${run.uuid}.json`, JSON.stringify(await platform.runs.get(run.uuid), null, 2));
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || menu.current?.open !== true) return;
        menu.current.open = false;
        menu.current.querySelector("summary")?.focus();
        event.stopPropagation();
      }}
    >
      <summary class="button" aria-label="More">
        ⋯
      </summary>
      <div class="menu-list">
        <CopyButton text={() => location.href} what="a link to this" label="Copy link" />
        <CopyButton text={`curl '${place}/api/v1/runs/${run.uuid}'`} what="it as curl" label="Copy as curl" />
        <CopyButton text={`wf show ${run.uuid}`} what="it as wf" label="Copy as wf" />
        <CopyButton
          text={`await platform.runs.get("${run.uuid}")`}
          what="it as TypeScript"
          label="Copy as TypeScript"
        />
        <button type="button" class="quiet" onClick={save}>
          Download JSON
        </button>
        {signal !== null && (
          <button type="button" class="quiet" onClick={signal}>
            Send signal…
          </button>
        )}
        <a class="button quiet" href={hrefOf(`/runs/${run.uuid}/compare`)}>
          Compare with the last that succeeded
        </a>
        <a class="button quiet" href={hrefOf(`/runs?parent=${run.uuid}`)}>
          Runs that it started
        </a>
        <a class="button quiet" href={hrefOf(`/runs?root=${run.uuid}`)}>
          All runs that came of it
        </a>
        <a class="button quiet" href={hrefOf(`/runs?again=${run.uuid}`)}>
          Runs that try it again
        </a>
      </div>
    </details>
  );
}
