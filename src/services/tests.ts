import type { StepTypes } from "../connectors/index.ts";
import { ValidationFailed } from "../errors.ts";
import type { Definition } from "../language/definition/workflow.ts";
import { faultsOfValue, withDefaults } from "../language/json-schema/index.ts";
import { awaitedSignals, faultsOfSignal } from "../language/signals.ts";
import { definitionText, LANGUAGE } from "../language/translated.ts";
import { readWorkflow } from "../language/workflow-input.ts";
import { isDeeper, isObject, type Json, MAX_DEPTH, MAX_FAULTS } from "../schemas/json/json.ts";
import type { TestInput } from "../schemas/test-input.ts";
import type { Tester, Trial, TriedRun } from "../testing/port.ts";
import type { WorkflowService } from "./workflows.ts";

/** The workflow of a definition that is not stored. */
const NOT_STORED = { uuid: "00000000-0000-0000-0000-000000000000", version: 1 };

/** Tries definitions. */
export class TestService {
  readonly #tester: Tester;
  readonly #workflows: Pick<WorkflowService, "get">;
  readonly #types: StepTypes;

  constructor(tester: Tester, workflows: Pick<WorkflowService, "get">, types: StepTypes) {
    this.#tester = tester;
    this.#workflows = workflows;
    this.#types = types;
  }

  /** @throws ValidationFailed, PlatformError workflow_not_found, version_not_found, test_too_long, overloaded */
  async run({
    definition,
    workflow_id,
    version,
    payload = {},
    mocks = {},
    signals = [],
  }: TestInput): Promise<TriedRun> {
    if (isDeeper(payload, MAX_DEPTH)) throw refused(["payload"], `Arrays and objects nest deeper than ${MAX_DEPTH}`);
    const workflow = await this.#workflow(definition, workflow_id, version);
    const { input } = workflow.definition;
    const filled = input === undefined ? payload : withDefaults(input, payload);
    const faults = input === undefined ? [] : faultsOfValue(input, filled, ["body", "payload"]);
    if (faults.length > 0 || !isObject(filled)) throw new ValidationFailed(faults);
    const awaited = awaitedSignals(workflow.definition.steps.map((step): Json => JSON.parse(JSON.stringify(step))));
    const refusals = signals.flatMap(({ name, body = null }, index) => {
      const place = ["body", "signals", index];
      return faultsOfSignal(awaited, { name, body }, { name: [...place, "name"], body: [...place, "body"] });
    });
    if (refusals.length > 0) throw new ValidationFailed(refusals.slice(0, MAX_FAULTS));
    return this.#tester.run({ workflow, payload: filled, mocks, signals });
  }

  async #workflow(definition?: Json, reference?: string, version?: number): Promise<Trial["workflow"]> {
    if ((definition === undefined) === (reference === undefined)) {
      throw refused([], "Give a definition or a workflow_id, and not both");
    }
    if (reference === undefined) {
      if (version !== undefined) throw refused(["version"], "A version is one of a workflow_id");
      return { ...NOT_STORED, definition: definitionOf(definition ?? null, this.#types) };
    }
    const stored = await this.#workflows.get(reference, version ?? null, null);
    const { uuid, steps, options, version: own } = stored;
    return { uuid, version: own, definition: JSON.parse(definitionText({ steps, options, language: LANGUAGE })) };
  }
}

/** @throws ValidationFailed with the places of the faults in the whole body */
function definitionOf(definition: Json, types: StepTypes): Definition {
  try {
    return readWorkflow(definition, types).workflow;
  } catch (error) {
    if (!(error instanceof ValidationFailed)) throw error;
    const faults = error.faults.map(({ loc: [root = "body", ...path], ...fault }) => ({
      loc: [root, "definition", ...path],
      ...fault,
    }));
    throw new ValidationFailed(faults);
  }
}

function refused(path: string[], msg: string): ValidationFailed {
  return new ValidationFailed([{ loc: ["body", ...path], msg, type: "value_error" }]);
}
