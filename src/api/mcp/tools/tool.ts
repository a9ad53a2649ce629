/** Tools that programs are offered. Most are a request of the API, with its checks and its errors. */
import { type TObject, type TProperties, Type } from "@sinclair/typebox";
import { type Check, checkOf } from "../../../schemas/json/check.ts";

/** What a tool may do; a client that is let do one may do those before it. */
export const LEVELS = ["read", "run", "write"] as const;
export type Level = (typeof LEVELS)[number];

/** A request of the API. */
export interface Asked {
  method: "GET" | "POST" | "PUT";
  /** Below /api/v1. */
  path: string;
  query?: Record<string, unknown>;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What a tool came to: a text, mostly JSON, or why it could not be done. */
export interface Told {
  text: string;
  isError: boolean;
}

/** Carries out a request of the API. */
export type Api = (asked: Asked) => Promise<Told>;

/** Arguments that fit the input of a tool. */
export type Given = Record<string, unknown>;

interface Described {
  name: string;
  title: string;
  description: string;
  level: Level;
  /** Whether it may end or undo something. */
  isDestructive?: true;
}

export interface Tool extends Described {
  input: TObject;
  check: Check<TObject>;
  call(given: Given, api: Api): Promise<Told>;
}

/** A tool that is a request of the API. */
export function requestTool({
  input,
  ask,
  ...described
}: Described & { input: TProperties; ask(given: Given): Asked }): Tool {
  return toolOf({ ...described, input, call: (given, api) => api(ask(given)) });
}

export function toolOf({ input: properties, ...rest }: Described & { input: TProperties; call: Tool["call"] }): Tool {
  const input = Type.Object(properties, { additionalProperties: false });
  return { ...rest, input, check: checkOf(input) };
}

export const text = (description: string) => Type.String({ minLength: 1, description });
export const anyObject = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });
export const WORKFLOW = text("The id of the workflow, or its uuid");
export const RUN = text("The id of the run");
export const DEFINITION = anyObject(
  "A workflow: {name, steps: [{name, type, config}], …}. list_step_types has the steps, search_documentation says what they mean, with examples",
);

/** A part of a path. */
export function segment(value: unknown): string {
  return encodeURIComponent(String(value));
}
