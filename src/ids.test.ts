import { describe, expect, test } from "bun:test";
import { idFloor, isUuid, newId } from "./ids.ts";

const NOW = Date.UTC(2030, 0, 2, 3, 4, 5, 678);

describe("newId", () => {
  test("10,000 ids of one millisecond sort in the order in which they were made", () => {
    const ids = Array.from({ length: 10_000 }, () => newId(NOW));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  test("ids of later milliseconds sort later", () => {
    const ids = Array.from({ length: 1000 }, (_, index) => newId(NOW + 1000 + index));
    expect(ids.toSorted()).toEqual(ids);
  });

  test("is a UUID of version 7 that carries its time", () => {
    for (const time of [0, 1, NOW, Date.UTC(9999, 11, 31)]) {
      const id = newId(time);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(time);
    }
  });
});

describe("idFloor", () => {
  const times = [0, 1, 255, 2 ** 32 - 1, 2 ** 32, NOW, Date.UTC(9999, 11, 31)];
  for (const time of times) {
    test(`of ${time} lies between the ids of the millisecond before and its own`, () => {
      const floor = idFloor(time);
      expect(isUuid(floor)).toBe(true);
      for (let count = 0; count < 100; count++) expect(newId(time) >= floor).toBe(true);
      if (time > 0) expect(newId(time - 1) < floor).toBe(true);
      expect(floor < idFloor(time + 1)).toBe(true);
    });
  }

  test("is a UUID of version 7 with nothing behind the time", () => {
    expect(idFloor(NOW)).toBe(`${newId(NOW).slice(0, 13)}-7000-8000-000000000000`);
    expect(idFloor(0)).toBe("00000000-0000-7000-8000-000000000000");
  });

  test("a time before 1970 has the floor of 1970", () => expect(idFloor(-5000)).toBe(idFloor(0)));
});

describe("isUuid", () => {
  const id = newId(NOW);
  for (const text of [id, id.toUpperCase(), "00000000-0000-0000-0000-000000000000", crypto.randomUUID()]) {
    test(`takes ${text}`, () => expect(isUuid(text)).toBe(true));
  }
  const no = [
    "",
    "x",
    id.slice(1),
    `${id}0`,
    ` ${id}`,
    `${id}\n`,
    id.replace("-", ""),
    `{${id}}`,
    id.replace("7", "g"),
    "../../etc",
  ];
  for (const text of no) {
    test(`refuses ${JSON.stringify(text)}`, () => expect(isUuid(text)).toBe(false));
  }
});
