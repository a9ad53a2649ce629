import { address, choose, hrefOf } from "../../address/address.ts";
import type { ShownOutline } from "../../data/runs/outline.ts";
import { bytesText } from "../../shared/json/nodes.ts";
import { Empty } from "../../shared/states/states.tsx";
import { type ComparedStep, tookOf } from "./alignment.ts";
import { CompareRow } from "./compare-row.tsx";
import { OpenedDifference } from "./opened-difference.tsx";

/** What the payload is called in the address: no step has such a name. */
const PAYLOAD = "$payload";
const PAGE = 300;

interface CompareTableProps {
  before: ShownOutline;
  after: ShownOutline;
  steps: ComparedStep[];
}

/** The payloads, then a row for each step; opened, a row shows both outputs. */
export function CompareTable({ before, after, steps }: CompareTableProps) {
  const { query } = address.value;
  const open = query.get("step");
  const shown = Math.max(PAGE, Number(query.get("show") ?? PAGE) || PAGE);
  const longest = Math.max(
    1,
    ...steps.slice(0, shown).flatMap((step) => [tookOf(step.before) ?? 0, tookOf(step.after) ?? 0]),
  );
  const runs = [before.uuid, after.uuid] as const;
  const isSame = before.payload_bytes === after.payload_bytes;
  return (
    <>
      <table class="table compare-table">
        <caption class="sr-only">Steps of both runs</caption>
        <thead>
          <tr>
            <th>Step</th>
            <th>A</th>
            <th>B</th>
            <th>How long</th>
            <th>B against A</th>
          </tr>
        </thead>
        <tbody>
          <tr class={`compare-row ${open === PAYLOAD ? "is-open" : ""}`}>
            <td>
              <a
                class="compare-link row-link"
                aria-expanded={open === PAYLOAD}
                href={hrefOf(choose({ step: open === PAYLOAD ? null : PAYLOAD }))}
              >
                Payload
              </a>
            </td>
            <td class="number">{bytesText(before.payload_bytes)}</td>
            <td class="number">{bytesText(after.payload_bytes)}</td>
            <td />
            <td>{isSame ? "" : <span class="compare-difference">payload</span>}</td>
          </tr>
          {open === PAYLOAD && <OpenedDifference runs={runs} step={null} />}
          {steps
            .slice(0, shown)
            .flatMap((step) => [
              <CompareRow key={step.address} step={step} longest={longest} isOpen={open === step.address} />,
              open === step.address && <OpenedDifference key={`${step.address} open`} runs={runs} step={step} />,
            ])}
        </tbody>
      </table>
      {steps.length === 0 && (
        <Empty title="No step differs">
          <p>
            Each ended the same in both runs, took about as long, and gave as much. Open one to compare what it gave.
          </p>
        </Empty>
      )}
      {steps.length > shown && (
        <p class="table-foot">
          <span class="soft">
            {shown.toLocaleString("en")} of {steps.length.toLocaleString("en")}
          </span>
          <a class="button" href={hrefOf(choose({ show: shown + PAGE }))}>
            Show more
          </a>
        </p>
      )}
    </>
  );
}
