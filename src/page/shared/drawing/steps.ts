/** What is drawn of a definition: its steps as a tree, read from any JSON, since a text that is being typed may be wrong. */

export type Loc = (string | number)[];

export interface DrawnStep {
  /** Its place, as results have it, with `*` for every iteration: 0, any, 1. */
  path: string;
  /** What people call it: "prices[*].fetch". */
  address: string;
  /** Where it stands in the definition. */
  loc: Loc;
  name: string;
  type: string;
  /** What it does, in a few words of its own: an address, a condition, a time. Empty where there is nothing to say. */
  note: string;
  /** What else is said of it, such as "retry". */
  marks: string[];
  /** Lists of steps within it: branches, cases, or the one that is repeated. */
  lists: DrawnList[];
  /** Its catches. */
  handlers: DrawnList[];
}

export interface DrawnList {
  /** A branch's name, a case's condition; empty where there is only one list. */
  label: string;
  steps: DrawnStep[];
}

interface Fields {
  [name: string]: unknown;
}

/** Where a list stands: what its steps' paths, addresses and places begin with. */
interface Place {
  path: string;
  address: string;
  loc: Loc;
}

/** Deeper ones are refused by the platform; they are not drawn. */
const MAX_DEPTH = 40;

/** The steps of a definition, as far as they are any. */
export function stepsOf(definition: unknown): DrawnStep[] {
  return stepsIn(fieldsOf(definition), { path: "", address: "", loc: [] }, 0);
}

/** How many steps there are in all. */
export function countOf(steps: readonly DrawnStep[]): number {
  let count = 0;
  for (const { lists, handlers } of steps) {
    count++;
    for (const list of [...lists, ...handlers]) count += countOf(list.steps);
  }
  return count;
}

function stepsIn(list: Fields, place: Place, depth: number): DrawnStep[] {
  if (depth > MAX_DEPTH) return [];
  return itemsOf(list.steps).map((step, index) => readStep(fieldsOf(step), index, place, depth));
}

function readStep(step: Fields, index: number, place: Place, depth: number): DrawnStep {
  const name = textOf(step.name);
  const own = {
    path: `${place.path}${index}`,
    address: `${place.address}${name}`,
    loc: [...place.loc, "steps", index],
  };
  const type = textOf(step.type);
  const config = fieldsOf(step.config);
  return {
    ...own,
    name,
    type,
    note: noteOf(type, config),
    marks: marksOf(step),
    lists: listsOf(type, config, own, depth + 1),
    handlers: itemsOf(step.catch).map((one, at) => {
      const handler = fieldsOf(one);
      const within = {
        path: `${own.path}/c${at}/`,
        address: `${own.address}.$catch.`,
        loc: [...own.loc, "catch", at],
      };
      const on = itemsOf(handler.on).join(", ");
      return { label: on === "" ? "catch" : `catch ${on}`, steps: stepsIn(handler, within, depth + 1) };
    }),
  };
}

function listsOf(type: string, config: Fields, { path, address, loc }: Place, depth: number): DrawnList[] {
  const at = [...loc, "config"];
  const listOf = (label: string, list: Fields, segment: string, between: string, place: Loc): DrawnList => ({
    label,
    steps: stepsIn(list, { path: `${path}/${segment}/`, address: `${address}${between}`, loc: place }, depth),
  });
  switch (type) {
    case "block":
      return [listOf("", config, "0", ".", at)];
    case "loop":
    case "map":
      return [listOf("", config, "*", "[*].", at)];
    case "parallel":
      return itemsOf(config.branches).map((one, index) => {
        const branch = fieldsOf(one);
        const name = textOf(branch.name);
        return listOf(name, branch, String(index), `.${name}.`, [...at, "branches", index]);
      });
    case "switch": {
      const cases = itemsOf(config.cases).map((one, index) => {
        const fields = fieldsOf(one);
        const label = textOf(fields.name) || textOf(fields.if);
        return listOf(label, fields, String(index), ".", [...at, "cases", index]);
      });
      if (config.default === undefined) return cases;
      return [...cases, listOf("otherwise", fieldsOf(config.default), "d", ".", [...at, "default"])];
    }
    default:
      return [];
  }
}

function noteOf(type: string, config: Fields): string {
  switch (type) {
    case "webhook":
      return `${textOf(config.method)} ${textOf(config.url)}`.trim();
    case "delay":
      return config.until === undefined ? textOf(config.duration) : `until ${textOf(config.until)}`;
    case "wait":
      return itemsOf(config.signal).join(" or ") || textOf(config.signal);
    case "workflow":
      return textOf(config.workflow_id);
    case "fail":
      return textOf(config.code);
    case "set":
      return Object.keys(fieldsOf(config.variables)).join(", ");
    case "map":
      return `each of ${typeof config.items === "string" ? config.items : "a list"}`;
    case "loop":
      return config.while === undefined ? `until ${textOf(config.until)}` : `while ${textOf(config.while)}`;
    case "parallel":
      return `${itemsOf(config.branches).length} branches, ${textOf(config.join) || "all"}`;
    case "switch":
      return `${itemsOf(config.cases).length} cases`;
    default:
      return "";
  }
}

function marksOf(step: Fields): string[] {
  const has = (name: string) => step[name] !== undefined && step[name] !== false;
  const words = [
    ["if", "if"],
    ["retry", "retry"],
    ["timeout", "timeout"],
    ["compensate", "undo"],
  ] as const;
  const marks = words.filter(([name]) => has(name)).map(([, word]) => word as string);
  return step.on_error === "continue" ? [...marks, "passes over"] : marks;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
