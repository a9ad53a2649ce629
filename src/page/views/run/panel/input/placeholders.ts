/** The placeholders of a config, and the config with values in their place. */
import { type Source, splitText, wholePlaceholder } from "../../../../../language/placeholder.ts";

/** What a placeholder brings, or why that is not known. */
export type Found = { value: unknown } | { why: string };

/** A placeholder as it is written. */
export function sourceText(source: Source): string {
  return "path" in source ? `\${${source.path}}` : `\${{${source.expression}}}`;
}

/** Every placeholder of a config, by how it is written. */
export function sourcesIn(config: unknown): Map<string, Source> {
  const texts = textsIn(config);
  return new Map(texts.flatMap((text) => splitText(text).sources.map((source) => [sourceText(source), source])));
}

/** The config with what is found in place of its placeholders; those of which it is not known stay as they are written. */
export function withValues(config: unknown, found: ReadonlyMap<string, Found>): unknown {
  if (typeof config === "string") return textWith(config, found);
  if (Array.isArray(config)) return config.map((part) => withValues(part, found));
  if (typeof config !== "object" || config === null) return config;
  return Object.fromEntries(Object.entries(config).map(([key, part]) => [key, withValues(part, found)]));
}

function textWith(text: string, found: ReadonlyMap<string, Found>): unknown {
  const whole = wholePlaceholder(text);
  if (whole !== null) {
    const known = found.get(sourceText(whole));
    return known !== undefined && "value" in known ? known.value : text;
  }
  const { fixed, sources } = splitText(text);
  return sources.reduce((written, source, index) => {
    const known = found.get(sourceText(source));
    const part = known !== undefined && "value" in known ? inText(known.value) : sourceText(source);
    return written + part + (fixed[index + 1] ?? "");
  }, fixed[0] ?? "");
}

/** A value as it is written into a text. */
function inText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
