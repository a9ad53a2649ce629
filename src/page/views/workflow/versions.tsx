import { useState } from "preact/hooks";
import type { Version } from "../../../client/definitions.ts";
import { hrefOf, pathWith } from "../../address/address.ts";
import { collect } from "../../data/collect.ts";
import { platform } from "../../data/platform.ts";
import { useReading } from "../../data/reading.ts";
import { useWalk } from "../../keys/walk.ts";
import { Unread } from "../../shared/states/states.tsx";
import { Time } from "../../shared/time/time.tsx";
import type { TabProps } from "./tab.ts";

const PAGE = 100;

/** Every version, newest first, each with what it changed. */
export function Versions({ workflow: { uuid } }: TabProps) {
  const [wanted, setWanted] = useState(PAGE);
  const reading = useReading(`versions ${uuid} ${wanted}`, (signal) =>
    collect(platform.workflows.versions(uuid, { signal }), wanted),
  );
  const { value } = reading.state.value;
  useWalk(".version-link", "version");
  if (value === null) {
    return <Unread reading={reading} label="Loading versions" />;
  }
  const newest = value.items[0]?.version;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="table-scroll" tabIndex={0} aria-label="Versions">
        <table class="table versions">
          <thead>
            <tr>
              <th>Version</th>
              <th>Made</th>
              <th>Name</th>
              <th>Source</th>
              <th>
                <span class="sr-only">What can be done</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.items.map((one) => (
              <VersionRow key={one.version} uuid={uuid} one={one} newest={newest} />
            ))}
          </tbody>
        </table>
      </section>
      {value.hasMore && (
        <p class="table-foot">
          <button type="button" onClick={() => setWanted(wanted + PAGE)}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}

function VersionRow({ uuid, one, newest }: { uuid: string; one: Version; newest: number | undefined }) {
  const { version, created_at, name, managed_by } = one;
  const place = `/workflows/${uuid}`;
  const diff = (from: number, to: number) => hrefOf(pathWith(`${place}/diff`, { from, to }));
  return (
    <tr>
      <td class="number">
        <a class="version-link" href={hrefOf(version === newest ? place : pathWith(place, { version }))}>
          v{version}
        </a>
        {version === newest && <span class="soft"> newest</span>}
      </td>
      <td>
        <Time at={created_at} day="always" />
      </td>
      <td class="cut">{name}</td>
      <td class="cut soft">{managed_by ?? "–"}</td>
      <td class="row-links">
        {version > 1 && <a href={diff(version - 1, version)}>What it changed</a>}
        {newest !== undefined && version !== newest && <a href={diff(version, newest)}>Compare with v{newest}</a>}
        <a href={hrefOf(pathWith("/runs", { workflow: uuid, version }))}>Runs</a>
      </td>
    </tr>
  );
}
