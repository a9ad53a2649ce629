import { isObject, type Json, type JsonObject } from "../../../schemas/json/json.ts";
import { VARS } from "../../definition/variables.ts";
import type { StepList } from "./lists.ts";

/** The condition of a step or case. */
export interface Condition {
  text: string;
  /** The steps that it looks at by `steps`. */
  steps: readonly string[];
}

/** The names that can be reached where one stands in a definition, as a run will have them. */
export class Scope {
  readonly outer: Scope | null;
  /** The first place of each name among the steps of its list. */
  readonly #steps = new Map<string, number>();
  readonly #list: JsonObject[];
  readonly #binds: readonly string[];
  readonly #names: readonly string[];
  readonly #isApart: boolean;
  #variables: ReadonlySet<string> = new Set();
  /** Before the names of its steps in their addresses. */
  readonly #prefix: string;
  /** The step that one is at: it is over for no step within it. */
  #position = 0;
  /** The condition under which its steps run; null for none. */
  readonly #condition: Condition | null;
  /** And that of the step that one is at. */
  #current: Condition | null = null;

  /** @param address of the step that holds the list; empty for the definition itself */
  constructor(
    { list: { steps }, binds, names = [], isApart = false, segment }: StepList,
    outer: Scope | null,
    address: string,
    condition: Condition | null,
  ) {
    this.outer = outer;
    this.#prefix = `${address}${segment}`;
    this.#condition = condition;
    this.#binds = binds;
    this.#names = names;
    this.#isApart = isApart;
    this.#list = (Array.isArray(steps) ? steps : []).map((step) => (isObject(step) ? step : {}));
    for (const [index, { name }] of this.#list.entries()) {
      if (typeof name === "string" && !this.#steps.has(name)) this.#steps.set(name, index);
    }
  }

  /** Goes to a step of the list. */
  moveTo(position: number): void {
    this.#position = position;
    this.#current = null;
  }

  /** Goes behind the step that one is at. */
  moveBehind(): void {
    this.moveTo(this.#position + 1);
  }

  /** Goes behind the last step. */
  moveToEnd(): void {
    this.moveTo(this.#list.length);
  }

  /** Goes on under the condition of the step that one is at. */
  setCondition(condition: Condition | null): void {
    this.#current = condition;
  }

  /** Whether an earlier step of the list has the name of the one that one is at. */
  isTaken(name: string): boolean {
    return (this.#steps.get(name) ?? this.#position) < this.#position;
  }

  /** Whether something of that name is visible around the steps of the list: a step that is over, or holds it, or what is bound for it. */
  isVisibleAround(name: string): boolean {
    return this.#names.includes(name) || this.outer?.isVisible(name) === true;
  }

  /** Whether something of that name is visible within the step that one is at. */
  isVisible(name: string): boolean {
    return (this.#steps.get(name) ?? this.#list.length) <= this.#position || this.isVisibleAround(name);
  }

  /** The step of that name which is over here, and its address; undefined for none. */
  step(name: string): { step: JsonObject; address: string } | undefined {
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      const index = scope.#steps.get(name);
      const step = index !== undefined && index < scope.#position ? scope.#list[index] : undefined;
      if (step !== undefined) return { step, address: `${scope.#prefix}${name}` };
    }
    return undefined;
  }

  /** The address of the step that one is at. */
  addressOf(name: Json | undefined): string {
    return `${this.#prefix}${name}`;
  }

  /** Variables of the list begin. */
  declare(names: readonly string[]): void {
    this.#variables = new Set(names);
  }

  /** Whether there is a variable of that name, or any where it is undefined. */
  hasVariable(name?: string): boolean {
    const own = name === undefined ? this.#variables.size > 0 : this.#variables.has(name);
    return own || this.outer?.hasVariable(name) === true;
  }

  /** Whether a step of the list may set the variable of that name. */
  maySet(name: string): boolean {
    return this.#variables.has(name) || (!this.#isApart && this.outer?.maySet(name) === true);
  }

  /** All names that can be read, those of the outermost list first. */
  names(): string[] {
    const own = [...this.#steps].filter(([, index]) => index < this.#position).map(([name]) => name);
    const vars = this.#variables.size > 0 && this.outer?.hasVariable() !== true ? [VARS] : [];
    return [...(this.outer?.names() ?? []), ...this.#binds, ...vars, ...own];
  }

  /** Whether a condition of a step or case that one is in fulfills this. */
  hasCondition(test: (condition: Condition) => boolean): boolean {
    const own = [this.#condition, this.#current].some((condition) => condition !== null && test(condition));
    return own || this.outer?.hasCondition(test) === true;
  }

  /** Whether there is a value of that name which is no step, such as the payload. */
  isBound(name: string): boolean {
    return this.#binds.includes(name) || this.outer?.isBound(name) === true;
  }

  /** Whether a step of that name is not over here: it comes later, or it is the one that one is in. */
  isLater(name: string): boolean {
    return this.#steps.has(name) || this.outer?.isLater(name) === true;
  }
}
