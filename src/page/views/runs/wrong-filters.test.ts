import { expect, test } from "bun:test";
import { withoutWrong, wrongFilters } from "./wrong-filters.ts";

const wrong = (query: string) => wrongFilters(new URLSearchParams(query)).map(({ name }) => name);
const left = (query: string) => decodeURIComponent(String(withoutWrong(new URLSearchParams(query))));

test("what the page itself writes is right", () => {
  for (const query of [
    "",
    "status=running,pending,paused&order=asc",
    "workflow=shop&version=3&tag=eu&q=timed out&status=failed",
    "from=-24h&to=2026-11-29T10:00:00.000Z&at=2026-11-29T10:00:00Z",
    "parent=01a2283a-e177-7000-8f72-3914e640ff29&root=01a2283a-e177-7000-8f72-3914e640ff29",
    "status=&workflow=",
  ]) {
    expect([query, wrong(query)]).toEqual([query, []]);
  }
});

test("each part that says nothing is named", () => {
  expect(wrong("status=bogus&created_from=xx&workflow=a")).toEqual(["status", "created_from"]);
  expect(wrong("from=yesterday&to=-3y&at=soon&order=up")).toEqual(["from", "to", "at", "order"]);
  expect(wrong("version=2&parent=me&again=this")).toEqual(["version", "parent", "again"]);
  expect(wrong("workflow=a&version=two")).toEqual(["version"]);
});

test("what is right is kept without it", () => {
  expect(left("status=failed,bogus&created_from=xx&workflow=a")).toBe("status=failed&workflow=a");
  expect(left("status=bogus")).toBe("");
});
