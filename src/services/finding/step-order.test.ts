import { expect, test } from "bun:test";
import { inOrder, placeOf } from "./step-order.ts";

test("steps are in the order of the definition, each before what it holds", () => {
  const paths = [
    "0",
    "1",
    "1/0/0",
    "1/0/1",
    "1/0/10",
    "1/2/0",
    "1/10/0",
    "1/d/0",
    "1/c0/0",
    "1/c1/0",
    "1/u",
    "2",
    "2~2/0/0",
    "3",
    "10",
    "10/u",
  ];
  const shuffled = paths.toSorted();
  expect(shuffled).not.toEqual(paths);
  const places = shuffled.map((path) => ({ path, place: placeOf(path) }));
  expect(places.sort((one, other) => inOrder(one.place, other.place)).map(({ path }) => path)).toEqual(paths);
});
