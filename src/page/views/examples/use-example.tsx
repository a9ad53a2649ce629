import { useState } from "preact/hooks";
import type { Definition } from "../../../client/definitions.ts";
import { ApiError } from "../../../client/errors.ts";
import { go, hrefOf } from "../../address/address.ts";
import { platform } from "../../data/platform.ts";
import { problemOf } from "../../data/problem.ts";

/** Makes a workflow of an example; one of its id that is there already stays as it is. */
export function UseExample({ id, definition }: { id: string; definition: Definition }) {
  const [said, setSaid] = useState<"there" | string | null>(null);
  const [isMaking, setIsMaking] = useState(false);
  const use = async () => {
    setIsMaking(true);
    try {
      if (await isThere(id)) setSaid("there");
      else go(`/workflows/${(await platform.workflows.replace(id, definition, { create: true })).workflow_id}`);
    } catch (error) {
      setSaid(problemOf(error).text);
    }
    setIsMaking(false);
  };
  return (
    <>
      <button type="button" onClick={use} disabled={isMaking}>
        Use
      </button>
      {said === "there" && (
        <span role="status">
          There is a workflow <a href={hrefOf(`/workflows/${id}`)}>{id}</a> already
        </span>
      )}
      {said !== null && said !== "there" && (
        <span class="problem" role="alert">
          {said}
        </span>
      )}
    </>
  );
}

async function isThere(id: string): Promise<boolean> {
  try {
    await platform.workflows.get(id);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === "workflow_not_found") return false;
    throw error;
  }
}
