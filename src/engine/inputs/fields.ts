/** Resolves a config field by field, so that what can't be told of one leaves the others alone. */
import type { Connector } from "../../connectors/index.ts";
import { setField } from "../../language/expressions/values/values.ts";
import type { Json } from "../../schemas/json/json.ts";
import { type InputGap, MAX_INPUT_GAPS } from "../../schemas/runs/step-input.ts";
import { describeFailure } from "../../step-failures.ts";
import { PlaceholderError, resolvePlaceholders } from "../placeholders.ts";
import type { Scope } from "../state/scope.ts";
import { NotKnown } from "./gaps.ts";
import type { Scopes } from "./scopes.ts";

/** Characters that may be brought into one config, its own text included: no step is given more. What lies behind that is not computed. */
const MAX_CHARACTERS = 2 * 1024 * 1024;

const TOO_LARGE = new PlaceholderError(describeFailure("config_too_large", {}));

type Path = InputGap["path"];

/** A config with values in place of what can be told, and why the rest can't be. @throws NotKnown where that is too much */
export class Fields {
  readonly unknown: InputGap[] = [];
  readonly #scopes: Scopes;
  readonly #scope: Scope;
  readonly #joins: Connector["join"];
  #room = MAX_CHARACTERS;

  constructor(scopes: Scopes, scope: Scope, joins: Connector["join"]) {
    this.#scopes = scopes;
    this.#scope = scope;
    this.#joins = joins;
  }

  resolved(value: Json, path: Path = []): Json {
    if (typeof value === "string") return this.#text(value, path);
    if (Array.isArray(value)) return value.map((part, index) => this.resolved(part, [...path, index]));
    if (value === null || typeof value !== "object") return value;
    const resolved: Record<string, Json> = {};
    for (const [key, part = null] of Object.entries(value))
      setField(resolved, key, this.resolved(part, [...path, key]));
    return resolved;
  }

  #text(text: string, path: Path): Json {
    if (!text.includes("${")) return text;
    try {
      this.#scopes.meter.check();
      if (this.#room < 0) throw TOO_LARGE;
      const value = this.#resolve(text, path);
      this.#room -= typeof value === "string" ? value.length : JSON.stringify(value).length;
      if (this.#room < 0) throw TOO_LARGE;
      return value;
    } catch (thrown) {
      if (this.unknown.length === MAX_INPUT_GAPS) throw new NotKnown("too_many", { most: String(MAX_INPUT_GAPS) });
      const gap = gapOf(thrown);
      this.unknown.push({ path, ...gap });
      // What fails may have computed much that nothing is counted of.
      if (gap.code === "failed" && thrown !== TOO_LARGE) this.#scopes.meter.fail();
      return text;
    }
  }

  /** Fields of the config itself may be joined in a way of their own. */
  #resolve(text: string, path: Path): Json {
    const { meter } = this.#scopes;
    const [field] = path;
    if (path.length !== 1 || typeof field !== "string" || this.#joins?.has(field) !== true) {
      return resolvePlaceholders(text, this.#scope, undefined, meter);
    }
    const joined = resolvePlaceholders({ [field]: text }, this.#scope, this.#joins, meter);
    return typeof joined === "object" && joined !== null && !Array.isArray(joined) ? (joined[field] ?? null) : joined;
  }
}

/** @throws what is neither: a mistake of ours */
export function gapOf(thrown: unknown): Omit<InputGap, "path"> {
  if (thrown instanceof NotKnown) return { code: thrown.code, message: thrown.message };
  if (thrown instanceof PlaceholderError) return { code: "failed", message: thrown.message };
  throw thrown;
}
