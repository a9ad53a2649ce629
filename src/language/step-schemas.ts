import { type TSchema, Type } from "@sinclair/typebox";
import type { StepTypes } from "../connectors/index.ts";
import { FORBIDDEN_KEYS } from "../schemas/json/json.ts";
import { mustHaveConfig } from "./checks/faults/config-faults.ts";
import { BlockConfig, Branch, Case, DefaultCase, ParallelConfig, SwitchConfig } from "./definition/containers.ts";
import { BLOCK, type ContainerType, LOOP, MAP, PARALLEL, SWITCH } from "./definition/control.ts";
import { LoopConfig } from "./definition/loop.ts";
import { MapConfig } from "./definition/map.ts";
import { MAX_RETRIES, Retry } from "./definition/retry.ts";
import { Catch, Compensation, Step, StepName } from "./definition/step.ts";
import { MAX_EXPRESSION } from "./expressions/parse.ts";

/** What steps that hold others do, by their type. */
export const CONTAINERS: Readonly<Record<ContainerType, string>> = {
  [BLOCK]: "Groups steps: they are retried together, and give one output.",
  [PARALLEL]: "Runs branches of steps beside one another, and joins them.",
  [SWITCH]: "Runs the first of several lists of steps whose condition holds.",
  [LOOP]: "Repeats its steps while a condition holds, or until one does.",
  [MAP]: "Runs its steps once for each item of a list, several at once.",
};

/** The retry rules of a step. */
const RETRIES = Type.Union(
  [referenceTo("Retry"), Type.Array(referenceTo("Retry"), { minItems: 1, maxItems: MAX_RETRIES }), Type.Literal(false)],
  { description: "What happens when an attempt fails; of several the first that means the error" },
);

/** The handlers of a step. */
const CATCHES = Type.Optional({ ...Step.properties.catch, items: referenceTo("Catch") });

export const Placeholder = Type.String({
  pattern: "^\\$\\{(?:[^{]*|\\{[\\s\\S]*\\})\\}$",
  maxLength: MAX_EXPRESSION + "${{}}".length,
  title: "Placeholder",
  description:
    "The path to a value of the payload or of an earlier step's output, such as ${payload.seconds}, or an expression, such as ${{ payload.minutes * 60 }}",
});

/**
 * The schemas of steps by their names in the document. Every object has a name of its own and no union stands in another,
 * as programs that make clients of documents want it.
 */
export function stepSchemas(types: StepTypes): Record<string, TSchema> {
  const taken = ["payload", ...FORBIDDEN_KEYS].map((word) => `\`${word}\``).join(", ");
  const name = { ...StepName, description: `Another in each step, and none of ${taken}` };
  const named: Record<string, TSchema> = {};
  const steps = [...types.values()].map(({ connector: { type, description, config } }) => {
    const own = nameOf(type);
    named[`${own}Config`] = withPlaceholders(config, (key, schema) => {
      named[`${own}${nameOf(key)}`] = schema;
      return referenceTo(`${own}${nameOf(key)}`);
    });
    named[`${own}Step`] = stepOf(type, description, config.examples, !mustHaveConfig(type, types));
    return referenceTo(`${own}Step`);
  });
  named.Retry = Retry;
  const undoing = { ...Compensation.properties.step.properties, retry: Type.Optional(RETRIES) };
  named.CompensationStep = { ...Compensation.properties.step, properties: undoing };
  named.Compensation = { ...Compensation, properties: { step: referenceTo("CompensationStep") } };
  named.Catch = withSteps(Catch);
  named.BlockConfig = withSteps(BlockConfig);
  named.Branch = withSteps(Branch);
  const branches = { ...ParallelConfig.properties.branches, items: referenceTo("Branch") };
  named.ParallelConfig = { ...ParallelConfig, properties: { ...ParallelConfig.properties, branches } };
  named.Case = withSteps(Case);
  named.DefaultCase = withSteps(DefaultCase);
  const cases = { ...SwitchConfig.properties.cases, items: referenceTo("Case") };
  const otherwise = Type.Optional(referenceTo("DefaultCase"));
  named.SwitchConfig = { ...SwitchConfig, properties: { cases, default: otherwise } };
  named.LoopConfig = withSteps(LoopConfig);
  named.MapConfig = withSteps(MapConfig);
  for (const [type, description] of Object.entries(CONTAINERS)) {
    named[`${nameOf(type)}Step`] = stepOf(type, description, named[`${nameOf(type)}Config`]?.examples);
    steps.push(referenceTo(`${nameOf(type)}Step`));
  }
  const description = "One of the types of steps; with fields that all of them have";
  return { ...named, Step: Type.Union(steps, { title: "Step", description }) };

  function stepOf(type: string, description: string, configs: unknown, mayLackConfig = false): TSchema {
    const config = referenceTo(`${nameOf(type)}Config`);
    const { description: text, if: condition, timeout, on_error } = Step.properties;
    const compensate = Type.Optional(referenceTo("Compensation"));
    const fields = {
      name,
      type: Type.Literal(type),
      config: mayLackConfig ? Type.Optional(config) : config,
      description: text,
      if: condition,
      timeout,
      retry: Type.Optional(RETRIES),
      catch: CATCHES,
      on_error,
      compensate,
    };
    const examples = Array.isArray(configs) ? configs.map((one) => ({ name: `my_${type}`, type, config: one })) : [];
    return Type.Object(fields, { additionalProperties: false, description, examples });
  }
}

/** Of a field: placeholders in it are resolved. */
const TEMPLATE = { "x-template": true };

/** A config as an author may write it: a placeholder may stand for any value in it. `lift` names an object within. */
function withPlaceholders(config: TSchema, lift: (key: string, schema: TSchema) => TSchema): TSchema {
  const { properties, patternProperties, items } = config;
  const within = (schemas: Record<string, TSchema>) =>
    Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, orPlaceholder(key, schema, lift)]));
  return {
    ...config,
    ...(properties === undefined ? {} : { properties: within(properties) }),
    ...(patternProperties === undefined ? {} : { patternProperties: within(patternProperties) }),
    ...(items === undefined ? {} : { items: orPlaceholder("item", items, lift) }),
  };
}

function orPlaceholder(key: string, schema: TSchema, lift: (key: string, schema: TSchema) => TSchema): TSchema {
  const { type, anyOf, pattern, ...words } = schema;
  const takesAnyText = (type === "string" && pattern === undefined) || (type === undefined && anyOf === undefined);
  if (takesAnyText) return { ...schema, ...TEMPLATE };
  if (Array.isArray(anyOf) && !anyOf.every((one) => "const" in one)) {
    return Type.Union([...anyOf, Placeholder], { ...words, ...TEMPLATE });
  }
  const inner = withPlaceholders(schema, lift);
  const said = schema.description === undefined ? {} : { description: schema.description };
  return Type.Union([type === "object" ? lift(key, inner) : inner, Placeholder], { ...said, ...TEMPLATE });
}

/** The schemas of what holds steps. */
type ListSchema =
  | typeof BlockConfig
  | typeof Branch
  | typeof Case
  | typeof Catch
  | typeof DefaultCase
  | typeof LoopConfig
  | typeof MapConfig;

function withSteps(schema: ListSchema): TSchema {
  const steps = { ...schema.properties.steps, items: referenceTo("Step") };
  return { ...schema, properties: { ...schema.properties, steps } };
}

function referenceTo(name: string): TSchema {
  return Type.Unsafe({ $ref: `#/components/schemas/${name}` });
}

/** send-mail: SendMail */
function nameOf(word: string): string {
  return word.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
