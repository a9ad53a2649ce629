import { describe, expect, test } from "bun:test";
import { IdMaker, idFloor, isUuid, newId, timeOfId } from "./ids.ts";

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

describe("IdMaker", () => {
  function hand(now = NOW) {
    const time = { now, monotonic: 500 };
    const clock = { now: () => time.now, monotonic: () => time.monotonic };
    const pass = (milliseconds: number) => {
      time.now += milliseconds;
      time.monotonic += milliseconds;
    };
    return { time, clock, pass };
  }

  test("10,000 ids of one millisecond are unique UUIDv7s in order, and so are those after them", () => {
    const { clock, pass } = hand();
    const maker = new IdMaker(clock, null);
    const ids = Array.from({ length: 10_000 }, () => maker.next());
    pass(1);
    ids.push(maker.next());
    pass(10);
    ids.push(maker.next());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([timeOfId(ids[0] ?? ""), timeOfId(ids.at(-1) ?? "")]).toEqual([NOW, NOW + 11]);
  });

  test("a clock that is set back while it runs makes no smaller ids, and their time catches up", () => {
    const { time, clock, pass } = hand();
    const maker = new IdMaker(clock, null);
    const ids = [maker.next()];
    const hour = 3_600_000;
    time.now -= hour;
    for (let minute = 0; minute < 121; minute++) {
      ids.push(maker.next(), maker.next());
      pass(60_000);
    }
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(timeOfId(maker.next())).toBe(time.now);
  });

  test("what was stored before is the floor of a process whose clock is behind", () => {
    const newest = newId(NOW + 3_600_000);
    const { clock, pass } = hand();
    const maker = new IdMaker(clock, newest);
    expect(maker.next() > newest).toBe(true);
    pass(1000);
    expect(timeOfId(maker.next())).toBe(NOW + 3_600_000 + 501);
  });

  test("ids that were made ahead of their time are followed by larger ones", () => {
    const { clock, pass } = hand();
    const maker = new IdMaker(clock, null);
    const ids = [maker.next(4000), maker.next(), maker.next()];
    pass(5000);
    ids.push(maker.next());
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.map(timeOfId)).toEqual([NOW + 4000, NOW + 4000, NOW + 4000, NOW + 5000]);
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
