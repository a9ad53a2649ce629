/** The config of a step that runs its steps once for each item of a list. */
import { type Static, Type } from "@sinclair/typebox";
import type { Json } from "../../schemas/json/json.ts";
import { output, vars } from "./containers.ts";
import { BoundName } from "./loop.ts";
import { NestedSteps } from "./step.ts";

export const MAX_ITEMS = 10_000;
export const MAX_CONCURRENCY = 1000;
/** Iterations under way at once where a map does not say. */
export const CONCURRENCY = 10;
/** The name of an item where a map gives it none. */
export const AS = "item";

const PERCENT = "^(?:100|[1-9]?[0-9](?:\\.[0-9]+)?)%$";

export const MapConfig = Type.Object(
  {
    items: Type.Unsafe<Json>(
      Type.Unknown({
        description: `A list of up to ${MAX_ITEMS} items, or a placeholder that gives one`,
        "x-template": true,
      }),
    ),
    as: Type.Optional({ ...BoundName, description: `The name of the item; ${AS}` }),
    index: Type.Optional({ ...BoundName, description: "A name for the number of the iteration, from 0" }),
    concurrency: Type.Optional(
      Type.Unsafe<number | string>(
        Type.Unknown({
          description: `Iterations under way at once, 1 to ${MAX_CONCURRENCY}, or a placeholder that gives it; ${CONCURRENCY}`,
          "x-template": true,
        }),
      ),
    ),
    batch: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_ITEMS,
        description: "An iteration is for a list of so many items, not for one",
      }),
    ),
    /** Of iterations, without the map failing. */
    max_failures: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: MAX_ITEMS }), Type.String({ pattern: PERCENT })], {
        description: 'a number of iterations, or a part of them such as "5%"',
      }),
    ),
    steps: NestedSteps,
    output,
    vars,
  },
  {
    additionalProperties: false,
    description: "Steps that run for each item of a list",
    examples: [
      {
        items: "${payload.lines}",
        as: "line",
        concurrency: 20,
        steps: [
          {
            name: "fetch",
            type: "webhook",
            config: { method: "GET", url: "https://shop.example/prices/${line.sku}" },
          },
        ],
        output: "${fetch.response_data.price}",
      },
    ],
  },
);
export type MapConfig = Static<typeof MapConfig>;
