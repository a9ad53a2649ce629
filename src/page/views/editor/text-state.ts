/** The text of a definition while it is edited: what it says, what is wrong with it, and its draft. */
import { computed, signal } from "@preact/signals";
import type { Definition } from "../../../client/definitions.ts";
import { ApiError, type Fault } from "../../../client/errors.ts";
import { platform } from "../../data/platform.ts";
import { problemOf } from "../../data/problem.ts";
import { Typing } from "../../data/typing.ts";
import { type DrawnStep, stepsOf } from "../../shared/drawing/steps.ts";
import type { Problem } from "../../shared/editor/json-editor.tsx";
import { type Draft, draftOf, dropDraft, keepDraft } from "./drafts.ts";

/** What of a text the platform says: problems with their places, or why it could not be asked. */
interface Verdict {
  /** Of which text. */
  text: string;
  problems: readonly Problem[];
  unknown: string | null;
}

export class TextState {
  readonly workflow: string;
  readonly text;
  /** What the text said when it last was JSON. */
  readonly definition = signal<unknown>(null);
  readonly isJson = signal(true);
  readonly verdict = signal<Verdict | null>(null);
  /** The version that is changed; null of a new workflow. */
  readonly base;
  readonly draft = signal<Draft | null>(null);
  readonly isKept = signal(true);
  readonly steps = computed<readonly DrawnStep[]>(() => stepsOf(this.definition.value));
  /** It was changed since it is shown, and not saved: a draft of before alone is no news. */
  isEdited = false;
  /** What is stored, and the text, both without their spaces: these alone are no change. */
  #saved: string;
  readonly #plain = signal("");
  readonly #typing = new Typing();
  #asked: AbortController | null = null;
  #isAgain = false;

  /** @param begin what is shown where there is no draft, of an older version that is to be the newest */
  constructor(workflow: string, saved: { text: string; version: number | null }, begin = saved.text) {
    this.workflow = workflow;
    this.#saved = withoutSpaces(saved.text);
    const draft = draftOf(workflow);
    const isDraft = draft !== null && withoutSpaces(draft.text) !== this.#saved;
    this.draft.value = isDraft ? draft : null;
    this.base = signal(isDraft ? draft.version : saved.version);
    this.text = signal(begin);
    this.#read();
    // A draft that is no JSON stands beside what it began with.
    if (isDraft) {
      this.text.value = draft.text;
      this.#read();
    }
    this.#ask();
  }

  /** Whether it is what is stored: a new workflow never is. */
  get isStored(): boolean {
    return this.base.value !== null && this.#plain.value === this.#saved;
  }

  /** What keeps the text from being saved, as far as it is known; null of a text that is no JSON. */
  get faults(): readonly Problem[] | null {
    if (!this.isJson.value) return null;
    const verdict = this.verdict.value;
    return verdict?.text === this.text.value ? verdict.problems.filter(({ isWarning }) => !isWarning) : [];
  }

  /** The text was refused when it was saved. */
  refused(faults: readonly Fault[]): void {
    const problems = faults.map((fault) => problemFrom(fault, false));
    this.verdict.value = { text: this.text.value, problems, unknown: null };
  }

  change(text: string): void {
    this.text.value = text;
    this.#read();
    this.isEdited = this.#plain.value !== this.#saved;
    if (!this.isEdited) {
      dropDraft(this.workflow);
      this.draft.value = null;
    } else this.#keep();
    this.#typing.stopped(() => this.#ask());
  }

  /** It was saved as this version. */
  saved(version: number): void {
    this.#saved = this.#plain.value;
    this.isEdited = false;
    this.base.value = version;
    this.draft.value = null;
    dropDraft(this.workflow);
  }

  /** Goes on from another version, with the text as it is. */
  rebase(version: number): void {
    this.base.value = version;
    this.#keep();
  }

  close(): void {
    this.#typing.close();
    this.#asked?.abort(new Error("no longer wanted"));
  }

  #keep(): void {
    const draft = { version: this.base.value, text: this.text.value, at: Date.now() };
    this.isKept.value = keepDraft(this.workflow, draft);
    this.draft.value = draft;
  }

  #read(): void {
    const { value: text } = this.text;
    try {
      const definition: Definition = JSON.parse(text);
      this.definition.value = definition;
      this.#plain.value = JSON.stringify(definition);
      this.isJson.value = true;
    } catch {
      this.#plain.value = text;
      this.isJson.value = false;
    }
  }

  /** Has the platform check the text: one request at a time, and the last text is always checked. */
  async #ask(): Promise<void> {
    if (this.#asked !== null) {
      this.#isAgain = true;
      return;
    }
    if (!this.isJson.value) {
      this.verdict.value = null;
      return;
    }
    const text = this.text.value;
    this.#asked = new AbortController();
    const verdict = await verdictOn(text, this.#asked.signal);
    const isGivenUp = this.#asked.signal.aborted;
    this.#asked = null;
    if (isGivenUp) return;
    if (text === this.text.value) this.verdict.value = verdict;
    if (this.#isAgain) {
      this.#isAgain = false;
      await this.#ask();
    }
  }
}

function withoutSpaces(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

async function verdictOn(text: string, signal: AbortSignal): Promise<Verdict> {
  try {
    const definition: Definition = JSON.parse(text);
    const { warnings } = await platform.workflows.validate(definition, { signal });
    return { text, problems: warnings.map((warning) => problemFrom(warning, true)), unknown: null };
  } catch (error) {
    if (!(error instanceof ApiError) || error.faults.length === 0)
      return { text, problems: [], unknown: problemOf(error).text };
    return { text, problems: error.faults.map((fault) => problemFrom(fault, false)), unknown: null };
  }
}

/** A fault as the editor marks it: its place within the definition. */
export function problemFrom({ loc, msg, type, ctx }: Fault, isWarning: boolean): Problem {
  const place = loc[0] === "body" ? loc.slice(1) : loc;
  return { loc: place, message: msg, type, isWarning, ...(ctx === undefined ? {} : { part: ctx }) };
}
