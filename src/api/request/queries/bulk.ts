import { type RequestFault, ValidationFailed } from "../../../errors.ts";
import { BULK_FIELDS, BULK_KINDS, BULK_STATUSES, BulkInput, BulkQuery } from "../../../schemas/control/bulk.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import { isObject, type Json } from "../../../schemas/json/json.ts";
import type { BulkAsked } from "../../../services/bulk/bulk.ts";
import { parameters, queryReader } from "./query.ts";
import { askedBy } from "./run-query.ts";

const bulkInput = checkOf(BulkInput);

/** The OpenAPI parameters of the list of actions. */
export const BULK_PARAMETERS = parameters(BulkQuery);

/** @throws ValidationFailed */
export const readBulkQuery = queryReader(BulkQuery);

/** An action upon runs, and whether they are only to be counted. @throws ValidationFailed */
export function readBulk(body: Json): { asked: BulkAsked; isDry: boolean } {
  const input = checked(bulkInput, withStatuses(body), "body");
  const { action, filter, dry_run: isDry = false, compensate, reason, from, version } = input;
  const query = askedBy(filter, ["body", "filter"]);
  const faults = [...foreignFields(input), ...wrongStatuses(input)];
  if (typeof version === "number" && filter.workflow === undefined) {
    faults.push({
      loc: ["body", "version"],
      msg: "Input should come with a workflow in the filter",
      type: "value_error",
    });
  }
  if (faults.length > 0) throw new ValidationFailed(faults);
  const said = {
    ...(reason !== undefined && { reason }),
    ...(compensate !== undefined && { compensates: compensate }),
    ...(from !== undefined && { from }),
    ...(version !== undefined && { version }),
  };
  return {
    asked: { action, query: { ...query, status: query.status ?? [...BULK_STATUSES[action].usual] }, ...said },
    isDry,
  };
}

/** Statuses may be one text with commas, as in a query. */
function withStatuses(body: Json): Json {
  if (!isObject(body) || !isObject(body.filter) || typeof body.filter.status !== "string") return body;
  return { ...body, filter: { ...body.filter, status: body.filter.status.split(",") } };
}

/** Fields that belong to other actions. */
function foreignFields(input: BulkInput): RequestFault[] {
  const others = BULK_KINDS.flatMap((kind) => BULK_FIELDS[kind]).filter(
    (name) => !BULK_FIELDS[input.action].includes(name),
  );
  return others
    .filter((name) => input[name] !== undefined)
    .map((name) => ({ loc: ["body", name], msg: `${input.action} takes no ${name}`, type: "extra_forbidden" }));
}

/** Statuses of runs that the action is never for. */
function wrongStatuses({ action, filter: { status = [] } }: BulkInput): RequestFault[] {
  const { allowed } = BULK_STATUSES[action];
  return status.flatMap((one, index) =>
    allowed.includes(one)
      ? []
      : [
          {
            loc: ["body", "filter", "status", index],
            msg: `${action} is for runs that are ${allowed.join(", ")}`,
            type: "value_error",
          },
        ],
  );
}
