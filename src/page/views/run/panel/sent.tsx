import { CopyButton } from "../../../shared/copy/copy-button.tsx";
import { Took } from "../../../shared/time/time.tsx";
import { useDefinedStep, valueAt } from "../defined.ts";
import type { PanelTabProps } from "./tab.ts";

/** The request of a webhook as its definition has it, how the last attempt was answered, and the id that its receiver knows it by. */
export function Sent({ run, definition, step }: PanelTabProps) {
  const { defined } = useDefinedStep(definition, step.path);
  const [method, url] = ["method", "url"].map((key) =>
    defined === null ? undefined : valueAt(definition, [...defined.loc, "config", key]),
  );
  const { last_attempt: last, completed_at: ended } = step;
  const id = `${run.uuid}:${step.path}`;
  return (
    <div class="sent">
      {typeof method === "string" && typeof url === "string" && (
        <p class="sent-request">
          <code>
            {method} {withoutPassword(url)}
          </code>
          {last?.status !== undefined && (
            <span class="sent-reply">
              → {last.status}
              {last.started_at !== undefined && ended !== null && (
                <>
                  {" in "}
                  <Took from={last.started_at} to={ended} isOpen={false} />
                </>
              )}
            </span>
          )}
        </p>
      )}
      <p class="sent-id">
        <span class="soft">webhook-id</span> <code class="cut">{id}</code>
        <CopyButton text={id} what="the webhook-id" />
      </p>
    </div>
  );
}

/** What stands before the host is shown in the definition, to who asks for it. */
function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/+)[^/?#]*@/i, "$1");
}
