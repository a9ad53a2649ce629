/** Definitions of the platform beside those of files. */
import { ApiError, type Client, type Definition, type StoredDefinition } from "../../client/index.ts";
import { isObject, type Json } from "../../schemas/json/json.ts";

/** What the platform says of a definition, and its author does not. */
const SAID = new Set(["uuid", "version", "created_at", "updated_at", "managed_by"]);

/** What authors begin with, and end with; the platform tells what is newer than steps behind them. */
const FIRST = ["$schema", "id", "name", "description"];
const LAST = ["steps", "output", "ui"];

/** A definition as its author writes it. */
export function authored(stored: StoredDefinition): Definition {
  const kept = Object.entries(stored)
    .filter(([key, value]) => !SAID.has(key) && value !== null)
    .sort(([one], [other]) => placeOf(one) - placeOf(other));
  const definition: Definition = JSON.parse(JSON.stringify(Object.fromEntries(kept)));
  return definition;
}

function placeOf(key: string): number {
  const last = LAST.indexOf(key);
  if (last >= 0) return FIRST.length + 1 + last;
  return FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length;
}

/** The stored definition of an id; null where there is none. */
export async function storedOf(client: Client, id: string): Promise<StoredDefinition | null> {
  try {
    return await client.workflows.get(id);
  } catch (error) {
    if (error instanceof ApiError && error.code === "workflow_not_found") return null;
    throw error;
  }
}

/** A value with the keys of its objects in the order of another one, so that only what differs is seen. */
export function ordered(value: Json, like: Json): Json {
  if (Array.isArray(value)) {
    const items = Array.isArray(like) ? like : [];
    return value.map((item, index) => ordered(item, items[index] ?? null));
  }
  if (!isObject(value)) return value;
  const model = isObject(like) ? like : {};
  const known = Object.keys(model).filter((key) => Object.hasOwn(value, key));
  const keys = new Set([...known, ...Object.keys(value)]);
  return Object.fromEntries([...keys].map((key) => [key, ordered(value[key] ?? null, model[key] ?? null)]));
}

/** Whether two definitions are the same to the platform, which does not see the order of keys. */
export function isSame(left: Definition, right: Definition): boolean {
  const plain = (definition: Definition): Json => JSON.parse(JSON.stringify(definition));
  return JSON.stringify(ordered(plain(left), plain(right))) === JSON.stringify(plain(right));
}
