/** Where a JSON text is looked at: a long one in a worker, so that the page never waits for it. */
import { root } from "../../address/address.ts";
import { answerTo, type Question } from "./answer.ts";
import { type Copied, JsonDocument, type RowsShown } from "./document.ts";

/** What a JSON document does, when it is elsewhere. */
export interface JsonSource {
  rows(first: number, count: number): Promise<RowsShown>;
  toggle(id: number): Promise<void>;
  raw(isOn: boolean, text: string | null): Promise<void>;
  find(text: string): Promise<number>;
  reveal(place: number): Promise<number>;
  copied(id: number, what: Copied, name: string): Promise<string>;
  close(): void;
}

type Unnumbered<Asked> = Asked extends unknown ? Omit<Asked, "number"> : never;

/** Letters that are looked at at once: less than a worker takes to start. */
const SMALL = 32_768;

export function sourceOf(text: string): JsonSource {
  return text.length <= SMALL ? new NearSource(text) : new WorkerSource(text);
}

class NearSource implements JsonSource {
  readonly #document: JsonDocument;

  constructor(text: string) {
    this.#document = new JsonDocument(text);
  }

  rows = async (first: number, count: number) => this.#document.rows(first, count);
  toggle = async (id: number) => this.#document.toggle(id);
  raw = async (isOn: boolean, text: string | null) => this.#document.raw(isOn, text);
  find = async (text: string) => this.#document.find(text);
  reveal = async (place: number) => this.#document.reveal(place);
  copied = async (id: number, what: Copied, name: string) => this.#document.copied(id, what, name);
  close(): void {}
}

interface Waiting {
  question: Question;
  resolve(answer: MessageEvent["data"]): void;
}

class WorkerSource implements JsonSource {
  readonly #worker: Worker;
  readonly #text: string;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  /** In place of a worker that could not be loaded: better slow than nothing. */
  #near: JsonDocument | null = null;

  constructor(text: string) {
    this.#text = text;
    // Its name has a hash; index.html says it.
    const name = document.documentElement.dataset.jsonWorker?.split("/").at(-1) ?? "json.worker.js";
    this.#worker = new Worker(new URL(`ui/assets/${name}`, root), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent) => {
      this.#waiting.get(data.number)?.resolve(data.answer);
      this.#waiting.delete(data.number);
    };
    this.#worker.onerror = () => this.#goNear();
    this.#ask({ ask: "open", text });
  }

  rows = (first: number, count: number) => this.#ask<RowsShown>({ ask: "rows", first, count });
  toggle = (id: number) => this.#ask<void>({ ask: "toggle", id });
  raw = (isOn: boolean, text: string | null) => this.#ask<void>({ ask: "raw", isOn, text });
  find = (text: string) => this.#ask<number>({ ask: "find", text });
  reveal = (place: number) => this.#ask<number>({ ask: "reveal", place });
  copied = (id: number, what: Copied, name: string) => this.#ask<string>({ ask: "copied", id, what, name });

  close(): void {
    this.#worker.terminate();
  }

  #ask<Answer>(unnumbered: Unnumbered<Question>): Promise<Answer> {
    const question = { ...unnumbered, number: ++this.#last };
    return new Promise<Answer>((resolve) => {
      this.#waiting.set(question.number, { question, resolve });
      if (this.#near === null) this.#worker.postMessage(question);
      else this.#goNear();
    });
  }

  #goNear(): void {
    const document = this.#near ?? new JsonDocument(this.#text);
    this.#near = document;
    for (const { question, resolve } of this.#waiting.values()) resolve(answerTo(document, question));
    this.#waiting.clear();
  }
}
