import { isObject, type Json } from "../../../schemas/json/json.ts";

/**
 * The path of the first field that no payload can have, as its schema forbids others; null where they may all be there.
 *
 * @param input the `input` of the definition
 */
export function forbiddenField(fields: readonly string[], input: Json | undefined): string | null {
  let schema = input;
  for (const [index, field] of fields.entries()) {
    // What stands elsewhere may say more.
    if (!isObject(schema) || schema.$ref !== undefined) return null;
    const { properties, additionalProperties, items }: { [word: string]: Json } = schema;
    if (isObject(properties) && Object.hasOwn(properties, field)) schema = properties[field];
    else if (/^\d+$/.test(field) && items !== undefined && schema.prefixItems === undefined) schema = items;
    else return additionalProperties === false ? ["payload", ...fields.slice(0, index + 1)].join(".") : null;
  }
  return null;
}
