import type { Json } from "../../schemas/json/json.ts";

/** An object whose fields are computed when they are read, once; what one throws it throws each time. */
export function lazyFields(fields: Iterable<[name: string, compute: () => Json]>): Record<string, Json> {
  const object: Record<string, Json> = {};
  for (const [name, compute] of fields) {
    const get = once(compute);
    Object.defineProperty(object, name, { enumerable: true, configurable: true, get });
  }
  return object;
}

function once(compute: () => Json): () => Json {
  let known: { value: Json } | { thrown: unknown } | null = null;
  return () => {
    known ??= outcomeOf(compute);
    if ("thrown" in known) throw known.thrown;
    return known.value;
  };
}

function outcomeOf(compute: () => Json): { value: Json } | { thrown: unknown } {
  try {
    return { value: compute() };
  } catch (thrown) {
    return { thrown };
  }
}
