import { isObject, type Json } from "../../schemas/json/json.ts";
import { UsageError } from "../exits.ts";
import { readText } from "../files/definition-files.ts";

/** JSON as it is given: itself, `@FILE`, or `-` for what is piped in. @throws UsageError */
export async function readJson(given: string, called: string): Promise<Json> {
  const text = given === "-" || given.startsWith("@") ? await readText(given.replace(/^@/, "")) : given;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${called} is no JSON; quote it for the shell, as '{"n": 1}', or give @FILE`);
  }
}

/** @throws UsageError where it is no object */
export async function readPayload(given: string | undefined): Promise<Record<string, Json> | undefined> {
  if (given === undefined) return undefined;
  const value = await readJson(given, "--payload");
  if (isObject(value)) return value;
  throw new UsageError(`--payload takes a JSON object, such as '{"n": 1}'`);
}
