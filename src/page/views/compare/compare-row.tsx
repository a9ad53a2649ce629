import { choose, hrefOf } from "../../address/address.ts";
import type { ShownStep } from "../../data/runs/outline.ts";
import { type Counts, countsOf } from "../../shared/status/counts.ts";
import { Status } from "../../shared/status/status.tsx";
import { durationText } from "../../shared/time/format.ts";
import { type ComparedStep, tookOf } from "./alignment.ts";

interface CompareRowProps {
  step: ComparedStep;
  /** Milliseconds of the longest step, whose bar is as wide as there is room. */
  longest: number;
  isOpen: boolean;
}

export function CompareRow({ step, longest, isOpen }: CompareRowProps) {
  const { address, before, after, differences, factor } = step;
  return (
    <tr class={`compare-row ${isOpen ? "is-open" : ""}`}>
      <td>
        <a
          class="compare-link row-link mono"
          aria-expanded={isOpen}
          href={hrefOf(choose({ step: isOpen ? null : address }))}
        >
          {address}
        </a>
      </td>
      <SideCell step={before} isDifferent={differences.includes("status")} />
      <SideCell step={after} isDifferent={differences.includes("status")} />
      <td class="compare-bars">
        <Bar step={before} longest={longest} />
        <Bar step={after} longest={longest} />
      </td>
      <td>
        {differences.map((one) => (
          <span key={one} class="compare-difference">
            {one === "time" && factor !== null ? factorText(factor) : one}
          </span>
        ))}
      </td>
    </tr>
  );
}

function SideCell({ step, isDifferent }: { step: ShownStep | null; isDifferent: boolean }) {
  if (step === null) return <td class="soft">–</td>;
  const { attempts = 1 } = step;
  const counts = countsOf(step);
  const took = tookOf(step);
  return (
    <td class={isDifferent ? "is-different" : ""}>
      <span class="compare-cell">
        <Status status={step.status} detail={attempts > 1 ? `${attempts} attempts` : undefined} />
        {took !== null && <span class="soft number">{durationText(took)}</span>}
        {counts !== null && <Within counts={counts} />}
      </span>
    </td>
  );
}

function Bar({ step, longest }: { step: ShownStep | null; longest: number }) {
  const took = tookOf(step) ?? 0;
  return (
    <span class="compare-bar">
      <span style={{ width: `${Math.max(took > 0 ? 1 : 0, (100 * took) / longest)}%` }} />
    </span>
  );
}

/** Of the items of a map, or of the steps within a loop. */
function Within({ counts: { success = 0, failed = 0 } }: { counts: Counts }) {
  return (
    <span class="soft number">
      {success.toLocaleString("en")} ✓{failed > 0 && ` ${failed.toLocaleString("en")} ✗`}
    </span>
  );
}

/** @param factor of the second run against the first */
function factorText(factor: number): string {
  const times = factor < 1 ? 1 / factor : factor;
  const number = times >= 10 ? Math.round(times).toLocaleString("en") : times.toPrecision(2);
  return `${number}× ${factor < 1 ? "shorter" : "longer"}`;
}
