/** Definitions as files: NAME.json, with its test in NAME.test.json. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Definition, Fault } from "../../client/index.ts";
import { codeOf } from "../../errors.ts";
import { isObject, type Json } from "../../schemas/json/json.ts";
import { Failure, UsageError } from "../exits.ts";
import { BrokenJson, Places } from "./places.ts";

const TEST = ".test.json";

/** A file that holds JSON. */
export interface JsonFile {
  path: string;
  value: Json;
  places: Places;
}

export interface DefinitionFile extends JsonFile {
  /** What it says itself, or its name. */
  id: string;
  definition: Definition;
}

/** Whether an argument is a file, and no id. */
export function isFile(argument: string): boolean {
  return argument === "-" || argument.endsWith(".json") || argument.includes("/");
}

/** The text of a file, `-` being what is piped in. @throws UsageError */
export async function readText(path: string): Promise<string> {
  if (path === "-") return Bun.stdin.text();
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`Can't read ${path} (${codeOf(error)})`);
  }
}

/** @throws Failure that names the place where it is broken */
export async function readJsonFile(path: string): Promise<JsonFile> {
  const text = (await readText(path)).replace(/^\uFEFF/, "");
  try {
    const places = new Places(text);
    return { path, value: JSON.parse(text), places };
  } catch (error) {
    if (error instanceof BrokenJson) throw new Failure(lineOf(path, error.place, error.message));
    throw error;
  }
}

/** @throws Failure where it is no object: the rest is checked by the platform */
export async function readDefinitionFile(path: string): Promise<DefinitionFile> {
  const file = await readJsonFile(path);
  const { value } = file;
  if (!isObject(value)) throw new Failure(`${path} is no definition: write an object with a name and steps`);
  // What has another type than a definition is sent as it is, and refused at its place.
  const definition: Definition = JSON.parse(JSON.stringify(value));
  const named = path === "-" ? "" : basename(path).replace(/\.json$/, "");
  return { ...file, definition, id: typeof value.id === "string" ? value.id : named };
}

/** The definitions that arguments name, the whole folder of those that are one. @throws UsageError */
export function definitionPaths(paths: readonly string[]): string[] {
  return filesOf(paths, (name) => name.endsWith(".json") && !name.endsWith(TEST));
}

export function testPaths(paths: readonly string[]): string[] {
  return filesOf(paths, (name) => name.endsWith(TEST));
}

function filesOf(paths: readonly string[], isWanted: (name: string) => boolean): string[] {
  return paths.flatMap((path) => {
    if (path === "-" || !isFolder(path)) return [path];
    return readdirSync(path)
      .filter((name) => isWanted(name) && !name.startsWith("."))
      .sort()
      .map((name) => join(path, name));
  });
}

/** @throws UsageError where there is nothing */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new UsageError(`Can't read ${path} (${codeOf(error)})`);
  }
}

/** What is wrong in a definition at its places in the file, as compilers write it. */
export function faultLines({ path, places }: JsonFile, faults: readonly Fault[], severity = ""): string[] {
  return faults.map(({ loc, msg, type }) => {
    const [root, ...inside] = loc;
    return lineOf(path, places.of(root === "body" ? inside : loc), `${severity}${msg} (${type})`);
  });
}

function lineOf(path: string, { line, column }: { line: number; column: number }, said: string): string {
  return `${path === "-" ? "<stdin>" : path}:${line}:${column}: ${said}`;
}
