/** The documents of the language, for editors: made of the schemas that the OpenAPI document has. */
import type { StepType, StepTypes } from "../../connectors/index.ts";
import { schemasOf, tidy } from "./documents.ts";

type Schema = Record<string, unknown>;

const IN_OPENAPI = "#/components/schemas/";
/** Where the documents are, below /api/v1; references between them are relative to that. */
export const WORKFLOW_SCHEMA = "/schema/workflow.json";
export const STEP_TYPES = "/step-types";

/** The JSON Schema (2020-12) of a definition. */
export function workflowSchema(types: StepTypes): object {
  const named = namedSchemas(types);
  const needed = new Map<string, Schema>();
  collect(named.get("WorkflowInput") ?? {});
  const { title: _, ...workflow } = named.get("WorkflowInput") ?? {};
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Workflow",
    description: "A workflow: steps that run one after the other",
    ...workflow,
    $defs: Object.fromEntries(needed),
  };
  return relocated(document, "#/$defs/");

  function collect(schema: object): void {
    for (const name of JSON.stringify(schema)
      .matchAll(/"#\/components\/schemas\/(\w+)"/g)
      .map(([, one = ""]) => one)) {
      const schema = named.get(name);
      if (schema === undefined || needed.has(name)) continue;
      const found = name === "Step" ? toldByType(schema, named) : schema;
      needed.set(name, titled(found));
      collect(found);
    }
  }
}

/** What an editor shows of every step type: what it does, and the schema of its config, from which a form can be made. */
export function stepTypes(types: StepTypes): object[] {
  const named = namedSchemas(types);
  const steps = named.get("Step")?.anyOf;
  return (Array.isArray(steps) ? steps : []).map((reference) => {
    const step = resolved(reference);
    const { type = {}, config = {} } = propertiesOf(step);
    const name = String(type.const);
    return {
      type: name,
      kind: kindOf(types.get(name)),
      title: titleOf(name),
      description: step.description,
      config: relocated(asForm(titled(resolved(config))), `${WORKFLOW_SCHEMA.slice(1)}#/$defs/`),
    };
  });

  function resolved({ $ref: reference }: Schema): Schema {
    return named.get(String(reference).replace(IN_OPENAPI, "")) ?? {};
  }
}

/**
 * The choice of step types, told by the word that each has. Of a plain choice a validator that tells all faults tries every
 * branch, of which five hold steps again: its time doubles with each level, and one fault comes with those of thirteen branches.
 */
function toldByType({ anyOf, ...words }: Schema, named: ReadonlyMap<string, Schema>): Schema {
  const steps = (Array.isArray(anyOf) ? anyOf : []).map((reference: Schema) => {
    const step = named.get(String(reference.$ref).replace(IN_OPENAPI, "")) ?? {};
    return { reference, step, type: propertiesOf(step).type?.const };
  });
  return {
    ...words,
    type: "object",
    required: ["name", "type"],
    properties: { type: { enum: steps.map(({ type }) => type), description: "What it does" } },
    allOf: steps.map(({ reference, type }) => {
      // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
      return { if: { required: ["type"], properties: { type: { const: type } } }, then: reference };
    }),
    examples: steps.flatMap(({ step: { examples = [] } }) => examples),
  };
}

/** To an author a signal is waited for as a time is, and another run acts on the world. */
function kindOf(type: StepType | undefined): string {
  const kind = type?.connector.kind ?? "control";
  if (kind === "signal") return "wait";
  return kind === "child" ? "effect" : kind;
}

/** A config without the placeholders that may stand for its fields: these are marked. */
function asForm(config: Schema): Schema {
  const fields = Object.entries(propertiesOf(config)).map(([key, { anyOf, ...field }]) => {
    if (!Array.isArray(anyOf)) return [key, field];
    const own = anyOf.filter((one: Schema) => one.$ref !== `${IN_OPENAPI}Placeholder`);
    return [key, own.length === 1 ? { ...field, ...own[0] } : { ...field, anyOf: own }];
  });
  return { ...config, properties: Object.fromEntries(fields) };
}

function namedSchemas(types: StepTypes): Map<string, Schema> {
  return new Map(Object.entries(JSON.parse(JSON.stringify(tidy(schemasOf(types))))));
}

function propertiesOf({ properties }: Schema): Record<string, Schema> {
  return JSON.parse(JSON.stringify(properties ?? {}));
}

/** A schema whose fields have titles, by their names where they have none of their own. */
function titled(schema: Schema): Schema {
  const properties = Object.entries(propertiesOf(schema));
  if (properties.length === 0) return schema;
  const fields = properties.map(([key, field]) => [key, "$ref" in field ? field : { title: titleOf(key), ...field }]);
  return { ...schema, properties: Object.fromEntries(fields) };
}

/** initial_interval: Initial interval */
function titleOf(word: string): string {
  const words = word.replaceAll(/[_-]/g, " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function relocated<Document extends object>(document: Document, place: string): Document {
  return JSON.parse(JSON.stringify(document).replaceAll(`"${IN_OPENAPI}`, `"${place}`));
}
