/** Looks at one long JSON text for a page. */
import { answerTo, type Question } from "./answer.ts";
import { JsonDocument } from "./document.ts";

let opened = new JsonDocument("null");

self.onmessage = ({ data }: MessageEvent<Question>) => {
  if (data.ask === "open") opened = new JsonDocument(data.text);
  self.postMessage({ number: data.number, answer: answerTo(opened, data) });
};
