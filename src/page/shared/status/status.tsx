import { knownStatus, STATUSES, statusWord } from "./statuses.ts";

/** The status of a run or a step: mark, word and colour. `detail` comes behind the word, such as a phase. */
export function Status({ status, detail }: { status: string; detail?: string | undefined }) {
  const known = knownStatus(status);
  const word = statusWord(status);
  return (
    <span class={`status status-${known}`}>
      <StatusMark status={status} />
      {detail === undefined ? word : `${word} · ${detail}`}
    </span>
  );
}

/** The mark alone, where the word stands elsewhere. */
export function StatusMark({ status }: { status: string }) {
  const known = knownStatus(status);
  return (
    <svg class={`mark mark-${known}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={STATUSES[known].mark} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
    </svg>
  );
}
