import { describe, expect, test } from "bun:test";
import { type Box, type Layout, layout } from "./layout.ts";
import { openedIn } from "./opened.ts";
import { type DrawnStep, stepsOf } from "./steps.ts";
import { visibleOf } from "./visible.ts";

interface Step {
  name: string;
  type: string;
  config?: object;
  catch?: object[];
}

const leaf = (name: string): Step => ({ name, type: "transform", config: { value: 1 } });
const block = (name: string, steps: Step[]): Step => ({ name, type: "block", config: { steps } });
const parallel = (name: string, ...branches: Step[][]): Step => ({
  ...{ name, type: "parallel" },
  config: { branches: branches.map((steps, index) => ({ name: `b${index}`, steps })) },
});
const caught = (step: Step, ...lists: Step[][]): Step => ({ ...step, catch: lists.map((steps) => ({ steps })) });

/** Every construct, within one another in every way that two of them can be. */
const EVERYTHING = [
  leaf("first"),
  caught(leaf("charge"), [leaf("remind"), leaf("wait")], [block("give_up", [leaf("tell")])]),
  parallel("fan", [leaf("a"), caught(leaf("b"), [leaf("c")])], [block("d", [leaf("e"), leaf("f")])], []),
  caught(block("payment", [leaf("reserve"), parallel("both", [leaf("x")], [leaf("y")])]), [leaf("undone")]),
  {
    ...{ name: "route", type: "switch" },
    config: { cases: [{ if: "true", steps: [leaf("vip")] }, { steps: [] }], default: { steps: [leaf("none")] } },
  },
  { name: "poll", type: "loop", config: { until: "true", steps: [caught(leaf("check"), [leaf("again")])] } },
  { name: "prices", type: "map", config: { items: "${payload.lines}", steps: [leaf("fetch")] } },
  leaf("last"),
];

const open = () => true;
const drawn = (steps: Step[]): DrawnStep[] => stepsOf({ steps });

describe("layout", () => {
  test("lets no two steps overlap, and keeps what is within a step in its frame", () => {
    const { boxes, area } = layout(drawn(EVERYTHING), open);
    expect(boxes.map(({ step }) => step.name)).toHaveLength(28);
    for (const [index, box] of boxes.entries()) {
      expect(isWithin(box, area)).toBe(true);
      for (const other of boxes.slice(index + 1))
        expect([box.step.name, other.step.name, touch(box, other)]).toEqual([box.step.name, other.step.name, false]);
      if (box.parent?.frame && box.within.startsWith("catch") === false) {
        expect([box.step.name, isWithin(box.frame ?? box, box.parent.frame)]).toEqual([box.step.name, true]);
      }
    }
  });

  test("lets no frame overlap what is not in it", () => {
    const { boxes } = layout(drawn(EVERYTHING), open);
    for (const { frame, step } of boxes) {
      for (const other of boxes) {
        if (frame === null || other.step === step || isAround(step, other)) continue;
        expect([step.name, other.step.name, touch(frame, other)]).toEqual([step.name, other.step.name, false]);
      }
    }
  });

  test("begins with what starts it, above the first step, with a line between them", () => {
    for (const steps of [EVERYTHING, []]) {
      const { trigger, area, boxes, edges, labels } = layout(drawn(steps), open);
      expect(isWithin(trigger, area)).toBe(true);
      expect(labels.filter((label) => isWithin(label, trigger)).map(({ text }) => text)).toEqual(["trigger"]);
      const [first = { y: 0 }] = boxes;
      const [line] = edges;
      expect([line?.from.y, line?.to.y]).toEqual([trigger.y + trigger.height, first.y]);
    }
  });

  test("places steps in the order of the definition, each below the one before", () => {
    const { boxes } = layout(drawn(EVERYTHING), open);
    for (const [index, box] of boxes.entries()) {
      const before = boxes.slice(0, index).findLast((one) => one.parent === box.parent && one.within === box.within);
      if (box.position > 0) expect(before && bottomOf(before)).toBeLessThan(box.y);
    }
  });

  test("moves nothing above what is added", () => {
    const before = layout(drawn(EVERYTHING), open);
    const after = layout(drawn([...EVERYTHING, parallel("more", [leaf("n")], [leaf("m")], [leaf("o")])]), open);
    expect(after.boxes.slice(0, before.boxes.length).map(place)).toEqual(before.boxes.map(place));
  });

  test("asks each of 10,000 steps a few times, however many there are", () => {
    const asked = (count: number) => {
      let reads = 0;
      const steps = drawn(Array.from({ length: count }, (_, index) => leaf(`s${index}`))).map((step) => ({
        ...step,
        get lists() {
          reads++;
          return step.lists;
        },
      }));
      expect(layout(steps, open).boxes).toHaveLength(count);
      return reads / count;
    };
    expect(asked(10_000)).toBeLessThanOrEqual(asked(10) + 0.001);
  });

  test("doubles its work with the depth, and not with each level", () => {
    let asked = 0;
    const nested = (depth: number): Step => (depth === 0 ? leaf("core") : block(`n${depth}`, [nested(depth - 1)]));
    const { boxes } = layout(drawn([nested(16)]), () => ++asked > 0);
    expect(boxes.map(({ depth }) => depth)).toEqual(Array.from({ length: 17 }, (_, depth) => depth));
    expect(asked).toBeLessThan(16 * 5);
  });
});

describe("opened", () => {
  const wide = parallel("wide", ...Array.from({ length: 9 }, (_, index) => [leaf(`w${index}`)]));
  const names = (steps: Step[], isRun = false, chosen = new Map<string, boolean>()) =>
    [...openedIn(drawn(steps), { chosen, isRun })].map(({ name }) => name);

  test("a parallel of more than eight branches is closed, and a map in a run", () => {
    expect(names(EVERYTHING)).toContain("prices");
    expect(names([...EVERYTHING, wide], true)).not.toContainValues(["prices", "wide"]);
  });

  test("what the reader chose counts", () => {
    const chosen = new Map([
      ["0", true],
      ["1", false],
    ]);
    expect(names([wide, block("b", [leaf("c")])], false, chosen)).toEqual(["wide"]);
  });

  test("of more than 300 steps the deepest stay closed", () => {
    const branch = (count: number, name: string) =>
      Array.from({ length: count }, (_, index) => leaf(`${name}${index}`));
    const deep = block("deep", [block("deeper", [block("deepest", branch(200, "d"))])]);
    expect(names([block("flat", branch(150, "f")), deep])).toEqual(["flat", "deep", "deeper"]);
  });
});

describe("visible", () => {
  const window = { x: -400, y: 0, width: 800, height: 700 };

  test("draws what is looked at of 10,000 steps, and one screen around it", () => {
    const all = layout(drawn(Array.from({ length: 10_000 }, (_, index) => leaf(`s${index}`))), open);
    const { detail, boxes } = visibleOf(all, { ...window, y: 400_000 }, 1);
    expect(detail).toBe("full");
    expect(boxes.length).toBeLessThanOrEqual(36);
    expect(boxes.some(({ y }) => y < 400_000)).toBe(true);
  });

  test("says less of each where more is looked at", () => {
    const all = layout(drawn(Array.from({ length: 10_000 }, (_, index) => leaf(`s${index}`))), open);
    const seen = (height: number, scale: number) => visibleOf(all, { ...window, height }, scale);
    expect(seen(8000, 1)).toMatchObject({ detail: "names" });
    expect(seen(8000, 1).boxes.length).toBeLessThanOrEqual(150);
    expect(seen(700, 0.3)).toMatchObject({ detail: "marks", labels: [] });
    expect(seen(80_000, 1).detail).toBe("marks");
  });
});

function place({ x, y, step }: Box) {
  return [step.name, x, y];
}

function bottomOf(box: Box): number {
  return (box.frame ?? box).y + (box.frame ?? box).height;
}

/** Whether the step holds another: its handlers stand beside it. */
function isAround(step: DrawnStep, { parent, within }: Box): boolean {
  if (parent === null) return false;
  return parent.step === step ? !within.startsWith("catch") : isAround(step, parent);
}

type Area = Layout["area"];

function touch(one: Area, other: Area): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function isWithin(one: Area, other: Area): boolean {
  return (
    one.x >= other.x &&
    one.y >= other.y &&
    one.x + one.width <= other.x + other.width &&
    one.y + one.height <= other.y + other.height
  );
}
