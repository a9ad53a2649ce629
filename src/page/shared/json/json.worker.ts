/** Looks at one long JSON text for a page. */
import { JsonDocument } from "./document.ts";
import type { Question } from "./source.ts";

let opened = new JsonDocument("null");

self.onmessage = ({ data }: MessageEvent<Question>) => {
  self.postMessage({ number: data.number, answer: answerTo(data) });
};

function answerTo(question: Question): unknown {
  switch (question.ask) {
    case "open":
      opened = new JsonDocument(question.text);
      return null;
    case "rows":
      return opened.rows(question.first, question.count);
    case "toggle":
      return opened.toggle(question.id);
    case "find":
      return opened.find(question.text);
    case "reveal":
      return opened.reveal(question.place);
    case "copied":
      return opened.copied(question.id, question.what, question.name);
  }
}
