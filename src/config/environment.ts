import { readFileSync } from "node:fs";
import { Value } from "@sinclair/typebox/value";
import { codeOf, StartError } from "../errors.ts";
import { plain } from "./address.ts";
import { Environment, marksOf, type Settings, SWITCHES } from "./settings.ts";

/** What Kubernetes puts into the environment for a Service that is called redis: REDIS_PORT=tcp://10.0.0.1:6379. */
const SERVICE_LINK = /^(tcp|udp|sctp):\/\//;
/** A value that may be an address with a password, put where another setting was meant. */
const MAY_HOLD_PASSWORD = /[@/]|.{41}/;

/**
 * Reads the settings, but not those of services that are off.
 *
 * @throws StartError naming the variable that does not fit.
 */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const isSet = (name: string) => [name, `${name}_FILE`].some((one) => (environment[one] ?? "") !== "");
  const named: Record<string, string | number | boolean> = {};
  for (const [name, { type }] of Object.entries(Environment.properties)) {
    const { service } = marksOf(name);
    if (service !== undefined && !SWITCHES[service].some(isSet)) continue;
    const value = textOf(environment, name);
    if (value !== "" && !(name.endsWith("_PORT") && SERVICE_LINK.test(value))) named[name] = converted(value, type);
  }
  const settings = Value.Default(Environment, named);
  if (Value.Check(Environment, settings)) return settings;
  const name = Value.Errors(Environment, settings).First()?.path.split("/")[1] ?? "environment";
  const description = Object.entries(Environment.properties).find(([key]) => key === name)?.[1].description ?? "";
  const value = environment[name] ?? "";
  const shown = marksOf(name).secret || MAY_HOLD_PASSWORD.test(value) ? "" : `=${value}`;
  throw new StartError(`${name}${shown} is not a valid setting (${description})`);
}

/** The text of a setting, or of the file that has it; empty where it is not set. */
function textOf(environment: Record<string, string | undefined>, name: string): string {
  const value = environment[name] ?? "";
  const file = marksOf(name).secret ? (environment[`${name}_FILE`] ?? "") : "";
  if (file === "") return plain(name, value);
  if (value !== "") throw new StartError(`${name} and ${name}_FILE are both set; keep one of them`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    return plain(`The file that ${name}_FILE names`, text.replace(/\r?\n$/, ""));
  } catch (error) {
    if (error instanceof StartError) throw error;
    const code = codeOf(error) || "no text";
    throw new StartError(`${name}_FILE names a file that can't be read (${code})`);
  }
}

function converted(value: string, type: unknown): string | number | boolean {
  if ((type === "integer" || type === "number") && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (type === "boolean" && /^(true|false)$/.test(value)) return value === "true";
  return value;
}
