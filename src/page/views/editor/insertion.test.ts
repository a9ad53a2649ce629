import { expect, test } from "bun:test";
import { jsonLanguage } from "@codemirror/lang-json";
import { type Loc, rangeOf } from "../../shared/editor/positions.ts";
import { freeName, insertionOf } from "./insertion.ts";

function inserted(text: string, list: Loc, after: Loc | null): unknown {
  const tree = jsonLanguage.parser.parse(text);
  const find = (loc: Loc) => rangeOf(tree, (from, to) => text.slice(from, to), loc);
  const { at, insert } = insertionOf(
    { type: "delay", config: { duration: 1 } },
    text,
    find(list),
    after === null ? null : find(after),
  );
  return JSON.parse(text.slice(0, at.from) + insert + text.slice(at.to));
}
const NEW = { name: "delay", type: "delay", config: { duration: 1 } };
const leaf = (name: string) => ({ name, type: "transform", config: {} });

test("it comes behind the step that is chosen", () => {
  const definition = { steps: [leaf("a"), leaf("b")] };
  for (const space of [0, 2]) {
    const text = JSON.stringify(definition, null, space);
    expect(inserted(text, ["steps"], ["steps", 0])).toEqual({ steps: [leaf("a"), NEW, leaf("b")] });
    expect(inserted(text, ["steps"], ["steps", 1])).toEqual({ steps: [leaf("a"), leaf("b"), NEW] });
    expect(inserted(text, ["steps"], null)).toEqual({ steps: [NEW, leaf("a"), leaf("b")] });
  }
});

test("it is the first of an empty list", () => {
  for (const text of ['{"steps": []}', '{\n  "steps": [\n  ]\n}'])
    expect(inserted(text, ["steps"], null)).toEqual({ steps: [NEW] });
});

test("it is set in as far as its neighbours", () => {
  const text = JSON.stringify({ steps: [leaf("a")] }, null, 2);
  const tree = jsonLanguage.parser.parse(text);
  const after = rangeOf(tree, (from, to) => text.slice(from, to), ["steps", 0]);
  const { insert } = insertionOf({ type: "delay", config: {} }, text, after, after);
  expect(insert).toStartWith(',\n    {\n      "name": "delay"');
});

test("its name is free", () => {
  expect(freeName("delay", '["delay", "delay_2"]')).toBe("delay_3");
  expect(freeName("send-mail", "")).toBe("send_mail");
});
