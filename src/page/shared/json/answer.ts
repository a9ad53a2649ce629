import type { Copied, JsonDocument } from "./document.ts";

/** To a worker. The first one has the text; the answers have the same number. */
export type Question = { number: number } & (
  | { ask: "open"; text: string }
  | { ask: "rows"; first: number; count: number }
  | { ask: "toggle"; id: number }
  | { ask: "raw"; isOn: boolean; text: string | null }
  | { ask: "find"; text: string }
  | { ask: "reveal"; place: number }
  | { ask: "copied"; id: number; what: Copied; name: string }
);

/** What a document says to a question, wherever it is. One that opens a text has its answer by being asked. */
export function answerTo(document: JsonDocument, question: Question): unknown {
  switch (question.ask) {
    case "open":
      return null;
    case "rows":
      return document.rows(question.first, question.count);
    case "toggle":
      return document.toggle(question.id);
    case "raw":
      return document.raw(question.isOn, question.text);
    case "find":
      return document.find(question.text);
    case "reveal":
      return document.reveal(question.place);
    case "copied":
      return document.copied(question.id, question.what, question.name);
  }
}
