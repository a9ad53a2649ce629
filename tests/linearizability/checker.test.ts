/** The checker of histories refuses what must not be, and takes what may. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { unexplained } from "./checker.ts";
import type { Answer, Asked } from "./history.ts";

/** It is built first. */
setDefaultTimeout(300_000);

type Line = [times: string, input: Asked | Asked["do"], output: Answer | number];

const RUN: Line = ["1-2", "trigger", 200];
const MADE: Line = ["1-2", { do: "create", content: "a" }, 200];
const put = (content: string, version = 0): Asked => ({ do: "put", content, if_version: version });
const read = (version: number, content: string): Answer => ({ code: 200, version, content });
const status = (text: string): Answer => ({ code: 200, status: text });

const cases: [title: string, object: string, isFine: boolean, lines: Line[]][] = [
  ["a run that was signalled succeeds", "run", true, [RUN, ["3-4", "signal", 200], ["5-6", "read", status("success")]]],
  ["a run that nobody signalled does not", "run", false, [RUN, ["5-6", "read", status("success")]]],
  ["nor one whose signal was refused", "run", false, [RUN, ["3-4", "signal", 409], ["5-6", "read", status("success")]]],
  [
    "a signal without an answer may have come",
    "run",
    true,
    [RUN, ["3-", "signal", 0], ["5-6", "read", status("success")]],
  ],
  [
    "it is not read as running once it has ended",
    "run",
    false,
    [
      ...[RUN, ["3-4", "signal", 200] satisfies Line, ["5-6", "read", status("success")] satisfies Line],
      ["7-8", "read", status("running")],
    ],
  ],
  [
    "nor is it cancelled then",
    "run",
    false,
    [
      ...[RUN, ["3-4", "signal", 200] satisfies Line, ["5-6", "read", status("success")] satisfies Line],
      ["7-8", "cancel", { code: 200, status: "cancelled" }],
    ],
  ],
  [
    "while they overlap, either may win",
    "run",
    true,
    [
      ...[RUN, ["3-9", "signal", 200] satisfies Line, ["4-8", "cancel", 202] satisfies Line],
      ["10-11", "read", status("cancelled")],
    ],
  ],
  [
    "but not both",
    "run",
    false,
    [
      ...[RUN, ["3-9", "signal", 200] satisfies Line, ["4-8", "cancel", 202] satisfies Line],
      ...[["10-11", "read", status("cancelled")] satisfies Line],
      ["12-13", "read", status("success")],
    ],
  ],
  ["a run that was triggered is found", "run", false, [RUN, ["3-4", "read", 404]]],
  [
    "a put makes the next version",
    "workflow",
    true,
    [MADE, ["3-4", put("b"), { code: 200, version: 2 }], ["5-6", "read", read(2, "b")]],
  ],
  ["not the one after it", "workflow", false, [MADE, ["3-4", put("b"), { code: 200, version: 3 }]]],
  [
    "nor the same twice",
    "workflow",
    false,
    [
      ...[MADE, ["3-9", put("b"), { code: 200, version: 2 }] satisfies Line],
      ["4-8", put("c"), { code: 200, version: 2 }],
    ],
  ],
  [
    "what was read once is not gone",
    "workflow",
    false,
    [
      ...[
        MADE,
        ["3-9", put("b"), { code: 200, version: 2 }] satisfies Line,
        ["4-5", "read", read(2, "b")] satisfies Line,
      ],
      ["6-7", "read", read(1, "a")],
    ],
  ],
  ["a condition that holds is not refused", "workflow", false, [MADE, ["3-4", put("b", 1), 412]]],
  ["one that does not hold is", "workflow", false, [MADE, ["3-4", put("b", 7), { code: 200, version: 2 }]]],
  [
    "a run has the newest version",
    "workflow",
    false,
    [
      ...[MADE, ["3-4", put("b"), { code: 200, version: 2 }] satisfies Line],
      ["5-6", "trigger", { code: 200, version: 1 }],
    ],
  ],
];

describe("a history", () => {
  test.each(cases)("%s", async (_, object, isFine, lines) => {
    const history = lines.map(([times, input, output]) => {
      const [call, end = ""] = times.split("-");
      return JSON.stringify({
        client: 0,
        object: `${object}:x`,
        call: Number(call),
        ...(end !== "" && { return: Number(end) }),
        input: typeof input === "string" ? { do: input } : input,
        output: typeof output === "number" ? { code: output } : output,
      });
    });
    expect(await unexplained(history.join("\n"))).toEqual(
      isFine ? [] : [`${object}:x: illegal of ${lines.length} operations`],
    );
  });
});
