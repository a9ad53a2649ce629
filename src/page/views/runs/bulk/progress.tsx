import { useEffect } from "preact/hooks";
import { useDoing } from "../../../data/doing.ts";
import { platform } from "../../../data/platform.ts";
import { useReading } from "../../../data/reading.ts";
import { ProblemLine } from "../../../shared/states/states.tsx";
import { Errors } from "./errors.tsx";

const ASKING_MILLISECONDS = 500;

/** How far an action is. It goes on without this page, and can be stopped. */
export function Progress({ id, done, onClose }: { id: string; done: string; onClose(): void }) {
  const reading = useReading(`bulk ${id}`, (signal) => platform.runs.bulk(id).get({ signal }));
  const { value, problem } = reading.state.value;
  const isOver = value?.status === "done" || value?.status === "stopped";
  useEffect(() => {
    if (isOver) return;
    const timer = setInterval(() => reading.again(), ASKING_MILLISECONDS);
    return () => clearInterval(timer);
  }, [isOver, reading]);
  const stopping = useDoing(async () => {
    await platform.runs.bulk(id).stop();
    reading.again();
  });
  const acted = value === null ? 0 : value.done + value.failed;
  return (
    <>
      <progress max={Math.max(1, value?.total ?? 1)} value={acted} aria-label="Runs that were acted upon" />
      <p role="status">
        {value === null
          ? (problem?.text ?? "It begins…")
          : `${value.done.toLocaleString("en")} of ${value.total.toLocaleString("en")} ${done}`}
        {value !== null && value.failed > 0 && `, ${value.failed.toLocaleString("en")} could not be`}
        {value?.status === "stopped" && ", stopped"}
      </p>
      {value !== null && <ProblemLine problem={problem} />}
      <Errors errors={value?.errors ?? []} />
      <ProblemLine problem={stopping.problem} />
      <div class="dialog-foot">
        {isOver ? (
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        ) : (
          <button type="button" onClick={stopping.run}>
            Stop
          </button>
        )}
      </div>
    </>
  );
}
