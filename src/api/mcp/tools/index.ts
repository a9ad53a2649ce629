import { searchGuides } from "../../docs/search.ts";
import { ACTING } from "./acting.ts";
import { READING } from "./reading.ts";
import { LEVELS, type Level, type Tool, text, toolOf } from "./tool.ts";

const search = toolOf({
  level: "read",
  name: "search_documentation",
  title: "Search the documentation",
  description:
    "Finds sections of the documentation by words, such as `retry backoff` or `wait for signal`. The language of workflows is there with an example of each construct.",
  input: { query: text("Words") },
  async call({ query }) {
    const found = searchGuides(String(query));
    const told = found.map(({ place, text: section }) => `[${place}]\n${section}`);
    return { text: told.join("\n\n---\n\n") || "No section has any of these words", isError: false };
  },
});

const TOOLS: readonly Tool[] = [search, ...READING, ...ACTING];

/** The tools of a level and of those before it, always in the same order. */
export function toolsOf(level: Level): readonly Tool[] {
  return TOOLS.filter((tool) => LEVELS.indexOf(tool.level) <= LEVELS.indexOf(level));
}
