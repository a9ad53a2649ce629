/** Reads the imports of source files. */
import { dirname, join } from "node:path";

/** A source file. */
export interface Source {
  /** From the root of the repository. */
  path: string;
  text: string;
}

/** One import of a file. */
export interface Import {
  /** A path from the root for a file of ours, else the name of a library. */
  target: string;
  typeOnly: boolean;
  /** Named by a URL, as the file of a thread: it is a program of its own. */
  isProgram: boolean;
  line: number;
}

// A template within a template is split at the inner one: good enough, because backticks come in pairs.
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|(?<=[(=,:[!&|?{;]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//g;

/** The code without comments and regular expressions, each string replaced by its number; lines stay where they are. */
export function readCode(text: string): { code: string; strings: { value: string; line: number }[] } {
  const strings: { value: string; line: number }[] = [];
  const code = text.replace(TOKEN, (token, at: number) => {
    const breaks = "\n".repeat(token.split("\n").length - 1);
    if (token.startsWith("/")) return ` ${breaks}`;
    strings.push({ value: token.slice(1, -1), line: lineOf(text, at) });
    return `"${strings.length - 1}"${breaks}`;
  });
  return { code, strings };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

const STATEMENT = /\b(?:import|export)\s+(type\s+)?([\w\s{},*$]*?)\s*\bfrom\s*"(\d+)"/g;
const OTHER = /\b(import|new URL\(|import\(|require\()\s*"(\d+)"/g;

/** Every import of a file: `import`, `import type`, `export … from`, dynamic ones, and files named by a URL. */
export function importsOf({ path, text }: Source): Import[] {
  const { code, strings } = readCode(text);
  const target = (index: string | undefined) => {
    const specifier = strings[Number(index)]?.value ?? "";
    return specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
  };
  const statements = [...code.matchAll(STATEMENT)].map(({ 1: type, 2: names = "", 3: string, index }) => ({
    target: target(string),
    typeOnly: type !== undefined || /^\{(\s*type\s+[\w$\s]+,?)+\s*\}$/.test(names),
    isProgram: false,
    line: lineOf(code, index),
  }));
  const others = [...code.matchAll(OTHER)].map(({ 1: word, 2: string, index }) => ({
    target: target(string),
    typeOnly: false,
    isProgram: word === "new URL(",
    line: lineOf(code, index),
  }));
  return [...statements, ...others];
}

/** Every circle of imports, as the files along it; imports of types count. */
export function circlesIn(files: Source[]): string[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const circles: string[] = [];
  const done = new Set<string>();
  const follow = (path: string, way: string[]) => {
    const start = way.indexOf(path);
    if (start >= 0) circles.push([...way.slice(start), path].join(" → "));
    if (start >= 0 || done.has(path)) return;
    for (const { target, isProgram } of imports.get(path) ?? []) if (!isProgram) follow(target, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) follow(path, []);
  return circles;
}
