import type { Progress, WorkflowChange } from "../port.ts";
import type { IdsUnderWay } from "./ids.ts";

/** Gives ids to the workflows that may be made; mostly there are none. */
export function namingCreated<Result>(
  underWay: IdsUnderWay,
  items: WorkflowChange[],
  write: (named: WorkflowChange[]) => Promise<Result>,
): Promise<Result> {
  const places = items.map(({ create }) => ({ uuid: create === undefined ? "" : create.uuid }));
  return underWay.store(places, (named) =>
    write(
      items.map((item, index) =>
        item.create === undefined ? item : { ...item, create: { ...item.create, uuid: named[index]?.uuid ?? null } },
      ),
    ),
  );
}

/** Gives ids to the runs that are stored with progress; mostly there are none. */
export function namingChildren<Result>(
  underWay: IdsUnderWay,
  items: Progress[],
  write: (named: Progress[]) => Promise<Result>,
): Promise<Result> {
  const children = items.flatMap((item) => item.children ?? []);
  if (children.length === 0) return write(items);
  return underWay.store(children, (named) => {
    const left = [...named];
    return write(
      items.map((item) =>
        item.children === undefined ? item : { ...item, children: left.splice(0, item.children.length) },
      ),
    );
  });
}
