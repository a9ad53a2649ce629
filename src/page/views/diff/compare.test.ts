import { describe, expect, test } from "bun:test";
import { stepsOf } from "../../shared/drawing/steps.ts";
import { compare, statesOfSide } from "./compare.ts";

const leaf = (name: string, value: unknown = 1) => ({ name, type: "transform", config: { value } });
const block = (...steps: unknown[]) => ({ name: "pay", type: "block", config: { steps } });
const side = (definition: Record<string, unknown>) => ({ definition, steps: stepsOf(definition) });
const changes = (before: unknown[], after: unknown[]) =>
  compare(side({ steps: before }), side({ steps: after })).steps.map(({ change, address, keys }) => [
    change,
    address,
    ...keys,
  ]);

describe("steps", () => {
  test("are added and removed", () => {
    expect(changes([leaf("a"), leaf("b")], [leaf("a"), leaf("c"), leaf("d")])).toEqual([
      ["added", "c"],
      ["added", "d"],
      ["removed", "b"],
    ]);
  });

  test("are changed in their keys, whatever the order of these", () => {
    const before = { ...leaf("a"), retry: { max_attempts: 2, jitter: 0 }, if: "true" };
    const after = { if: "true", retry: { jitter: 0, max_attempts: 3 }, ...leaf("a", { deep: { deeper: 1 } }) };
    expect(changes([before], [after])).toEqual([["changed", "a", "retry.max_attempts", "config.value"].sort(byKey)]);
    expect(changes([before], [{ ...after, ...before }])).toEqual([]);
  });

  test("move where they stand elsewhere among those that both have, as few as can be", () => {
    const list = (names: string) => [...names].map((name) => leaf(name));
    expect(changes(list("abcde"), list("bcdae"))).toEqual([["moved", "a"]]);
    expect(changes(list("abcde"), list("aecbd"))).toHaveLength(2);
    expect(changes(list("ab"), list("xab"))).toEqual([["added", "x"]]);
    expect(changes(list("abc"), list("ca"))).toEqual([
      ["moved", "c"],
      ["removed", "b"],
    ]);
    expect(changes([leaf("a"), block(leaf("x"), leaf("y"))], [leaf("a"), block(leaf("y"), leaf("x"))])).toHaveLength(1);
  });

  test("within others are compared for themselves", () => {
    const caught = (...steps: unknown[]) => ({ ...leaf("risky"), catch: [{ steps }] });
    expect(changes([block(leaf("a")), caught(leaf("x"))], [block(leaf("a", 2)), caught(leaf("y"))])).toEqual([
      ["changed", "pay.a", "config.value"],
      ["added", "risky.$catch.y"],
      ["removed", "risky.$catch.x"],
    ]);
  });

  test("of one name in several cases are told apart", () => {
    const route = (first: unknown, second: unknown) => ({
      ...{ name: "route", type: "switch" },
      config: { cases: [{ if: "true", steps: [leaf("tell", first)] }], default: { steps: [leaf("tell", second)] } },
    });
    expect(changes([route(1, 2)], [route(1, 3)])).toEqual([["changed", "route.tell (0/d/0)", "config.value"]]);
  });
});

test("fields beside the steps are named", () => {
  const before = side({ name: "A", input: { type: "object", properties: { n: {} } }, steps: [] });
  const after = side({ name: "A", input: { type: "object", properties: { n: {}, m: {} } }, timeout: 5, steps: [] });
  expect(compare(before, after).fields).toEqual(["input", "timeout"]);
});

test("each side has its marks", () => {
  const { steps } = compare(side({ steps: [leaf("a"), leaf("b")] }), side({ steps: [leaf("c"), leaf("b", 2)] }));
  expect(Object.fromEntries(statesOfSide(steps, "before"))).toMatchObject({
    "0": { status: "removed" },
    "1": { status: "changed", says: "config.value" },
  });
  expect(Object.fromEntries(statesOfSide(steps, "after"))).toMatchObject({
    "0": { status: "added" },
    "1": { status: "changed" },
  });
});

function byKey(one: string, other: string): number {
  // The change and the address stand first.
  return Number(one.includes("config")) - Number(other.includes("config"));
}
