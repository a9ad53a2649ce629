/** Expressions that were written to take long: each has to end at the limit of its cost, or before. */
export interface Bomb {
  name: string;
  expression: string;
  /** What `x` is in it. */
  x: unknown;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const keys = (count: number) => Object.fromEntries(numbers(count).map((index) => [`k${index}`, index]));
const texts = (count: number, length: number) => numbers(count).map((index) => String(index).padStart(length, "a"));
const nested = (depth: number) => numbers(depth).reduce<unknown>((inner) => [inner, inner], 0);
/** `cel.bind(a, …)` in itself: each name is a list of the one before, so often. */
const bound = (depth: number, width: number, body: string) =>
  numbers(depth).reduceRight(
    (inner, level) => `cel.bind(v${level + 1}, [${`v${level}, `.repeat(width)}], ${inner})`,
    body.replaceAll("LAST", `v${depth}`),
  );
const sharing = (depth: number, width: number, body: string) =>
  `cel.bind(v0, "aaaaaaaa", ${bound(depth, width, body)})`;
const long = (part: string, times: number) => Array.from({ length: times }, () => part).join(" + ");
const bomb = (name: string, expression: string, x: unknown = null): Bomb => ({ name, expression, x });

const LIST = numbers(10_000);
const LONG_LIST = numbers(100_000);
const WORDS = texts(10_000, 16);
const MAP = keys(50_000);
const TEXT = "a".repeat(1_000_000);

export const BOMBS: Bomb[] = [
  bomb("three loops", "x.map(a, x.map(b, x.map(c, a + b + c)))", numbers(2000)),
  bomb("three loops that stop late", "x.all(a, x.all(b, x.all(c, a + b + c >= 0)))", numbers(2000)),
  bomb("a long body", `x.map(a, ${long("a", 490)})`, LONG_LIST),
  bomb("a long body of fields", `x.map(a, ${long("a.b.c.d", 150)})`, Array(40_000).fill({ b: { c: { d: 1 } } })),
  bomb("a loop of nothing", "x.all(a, true)", LONG_LIST),
  bomb("a range", "range(100000).map(a, a * a)"),
  bomb("a range that is too long", "range(9007199254740991)"),
  bomb("ranges in ranges", "range(300).map(a, range(300).map(b, range(300)))"),
  bomb("errors that exists absorbs", "x.exists(a, a.b == 1)", LONG_LIST),
  bomb("errors that all absorbs", "x.all(a, 1 / 0 == a)", LONG_LIST),
  bomb("errors that || absorbs", "x.exists(a, a.b || a.c || a.d || a.e || a.f)", LONG_LIST),
  bomb("errors below one another", "x.exists(a, x.exists(b, x.exists(c, c.d)))", LIST),
  bomb("each in each", "x.all(a, a in x)", LIST),
  bomb("each text in each", "x.all(a, a in x)", WORDS),
  bomb("a list with itself", "x.map(a, x == x)", LIST),
  bomb("a map with itself", "[1, 2, 3, 4, 5, 6, 7, 8].map(a, x == x)", MAP),
  bomb("a text with itself", "range(9000).map(a, x == x + '')", TEXT),
  bomb("texts in order", "range(9000).map(a, x < x + 'a')", TEXT),
  bomb("the size of a map", "range(9000).map(a, x.size())", MAP),
  bomb("the size of a text", "range(9000).map(a, x.size())", `${TEXT.slice(0, 300_000)}😀`),
  bomb("the keys of a map", "range(9000).map(a, x.keys())", MAP),
  bomb("a map that is merged", "range(9000).map(a, x.merge(x))", MAP),
  bomb("a text in a text", "range(9000).map(a, x.contains('aaaaaaaaaaaaaaaaaaab'))", TEXT),
  bomb("half a text in a text", "range(9000).map(a, x.a.contains(x.b))", {
    a: `${"ab".repeat(300_000)}`,
    b: `${"ba".repeat(100_000)}b`,
  }),
  bomb("a text that doubles", `x.map(a, ${long("'aaaaaaaaaaaaaaaa'", 160)})`, LIST),
  bomb("a text that is split", "range(9000).map(a, x.split(''))", TEXT.slice(0, 200_000)),
  bomb("a text that is split and joined", "range(9000).map(a, x.split('a').join('b'))", TEXT),
  bomb("a text that is replaced", "range(9000).map(a, x.replace('a', 'aaaaaaaa'))", TEXT),
  bomb("positions behind wide characters", "range(9000).map(a, x.substring(150000, 150001))", "😀".repeat(160_000)),
  bomb("a list that doubles", "cel.bind(a, x + x, cel.bind(b, a + a, cel.bind(c, b + b, c + c)))", LONG_LIST),
  bomb("lists that are sorted", "range(9000).map(a, x.sort())", WORDS),
  bomb("lists that are flattened", "range(9000).map(a, [x, x, x].flatten())", LIST),
  bomb("lists without doubles", "range(9000).map(a, x.distinct())", WORDS),
  bomb("a result that shares itself", sharing(7, 60, "LAST")),
  bomb("a text of what shares itself", sharing(7, 60, "toJson(LAST)")),
  bomb("what shares itself, without doubles", sharing(7, 60, "[LAST, LAST].distinct()")),
  bomb("what shares itself, compared", sharing(7, 60, "LAST == LAST")),
  bomb("trees of one another", "range(9000).all(a, x == x)", nested(15)),
  bomb("digests", "range(9000).map(a, sha256(x))", TEXT),
  bomb("JSON that is read", "range(9000).map(a, parseJson(x))", `[${"0,".repeat(200_000)}0]`),
  bomb("JSON with deep brackets", "parseJson(x)", "[".repeat(1_000_000)),
  bomb("base64", "range(9000).map(a, base64Decode(base64Encode(x)))", TEXT),
  bomb("time zones", "x.map(a, timestamp(0).getHours('Europe/Berlin'))", LIST),
  bomb("zones that are none", "x.exists(a, timestamp(0).getHours('Europe/' + a) == 1)", WORDS),
  bomb("moments", "x.map(a, timestamp('2026-11-28T08:00:00.123456789+01:00') + duration('1h1m1s1ms1us1ns'))", LIST),
  bomb("numbers in texts", "x.map(a, int('9223372036854775807') - int(string(int(a))))", LONG_LIST),
];
