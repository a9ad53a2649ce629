import { useEffect, useRef } from "preact/hooks";
import { hrefOf, root } from "../../../address/address.ts";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { CopyButton } from "../../../shared/copy/copy-button.tsx";
import { download } from "../../../shared/copy/download.ts";
import { ProblemLine } from "../../../shared/states/states.tsx";
import type { ShownRun } from "../shown-run.ts";
import { type Action, ActionButton } from "./action-button.tsx";

interface MoreProps extends Pick<ShownRun, "run"> {
  /** Those that have buttons beside it, which a phone does not keep in view: there the menu has them, too. */
  actions: readonly Action[];
  seldom: readonly Action[];
}

/** What is seldom done; on a phone all that can be done. */
export function More({ run, actions, seldom }: MoreProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const leave = (event: Event) => {
      const isElsewhere = event.target instanceof Node && menu.current?.contains(event.target) === false;
      if (menu.current !== null && isElsewhere) menu.current.open = false;
    };
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, []);
  const close = () => {
    if (menu.current === null) return;
    menu.current.open = false;
    menu.current.querySelector("summary")?.focus();
  };
  const button = ({ isMain: _, ...action }: Action) => (
    <ActionButton
      key={action.name}
      {...action}
      run={() => {
        // The focus comes back from a dialog to what was there before it.
        close();
        action.run();
      }}
    />
  );
  const place = root.href.replace(/\/$/, "");
  const saving = useDoing(async () =>
    download(`run-${run.uuid}.json`, JSON.stringify(await platform.runs.get(run.uuid), null, 2)),
  );
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || menu.current?.open !== true) return;
        close();
        event.stopPropagation();
      }}
    >
      <summary class="button" aria-label="More">
        ⋯
      </summary>
      <div class="menu-list">
        <div class="menu-actions menu-narrow">{actions.map(button)}</div>
        <CopyButton text={() => location.href} what="link" label="Copy link" />
        <CopyButton text={`curl '${place}/api/v1/runs/${run.uuid}'`} what="as curl" label="Copy as curl" />
        <CopyButton text={`wf show ${run.uuid}`} what="as wf" label="Copy as wf" />
        <CopyButton text={`await platform.runs.get("${run.uuid}")`} what="as TypeScript" label="Copy as TypeScript" />
        <button type="button" class="quiet" onClick={saving.run}>
          Download JSON
        </button>
        <ProblemLine problem={saving.problem} />
        {seldom.length > 0 && <div class="menu-actions">{seldom.map(button)}</div>}
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
