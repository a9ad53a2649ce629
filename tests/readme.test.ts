import { afterAll, beforeAll, expect, test } from "bun:test";
import { SETTINGS } from "../src/config/settings.ts";
import { Platform } from "./harness/platform.ts";

const README = new URL("../README.md", import.meta.url);
const OPERATIONS = new URL("../docs/operations.md", import.meta.url);
const ADDRESS = "http://127.0.0.1:8001";

/** The commands of the README's tour, each with the output that it promises. */
function tourOf(text: string): { command: string; output: string }[] {
  const tour = text.split("<!-- tour -->")[1]?.split("<!-- /tour -->")[0] ?? "";
  return [...tour.matchAll(/```console\n\$ ([\s\S]*?)\n([{[][^\n]*)\n```/g)].map(([, command = "", output = ""]) => ({
    command: command.replaceAll("\n$ ", "\n"),
    output,
  }));
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What differs from one run to the next: ids and times. */
function timeless(text: string): string {
  return text.replace(UUID, "<uuid>").replace(/\d{4}-\d\d-\d\dT[\d:.]+\+00:00/g, "<time>");
}

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(() => platform.close());

test("the README's tour prints what it says", async () => {
  const tour = tourOf(await Bun.file(README).text());
  expect(tour.length).toBeGreaterThanOrEqual(5);
  // A reader puts in the ids of his own answers.
  const ids = new Map<string, string>();
  for (const { command, output } of tour) {
    const script = command.replaceAll(ADDRESS, platform.url).replace(UUID, (id) => ids.get(id) ?? id);
    const shell = Bun.spawn(["bash", "-c", script], { stderr: "inherit" });
    const printed = (await new Response(shell.stdout).text()).trim();
    expect(`${command}\n${timeless(printed)}`).toBe(`${command}\n${timeless(output)}`);
    const own = printed.match(UUID) ?? [];
    for (const [index, id] of (output.match(UUID) ?? []).entries()) ids.set(id, own[index] ?? id);
  }
});

test("the operations guide has every setting, and no other", async () => {
  const table = (await Bun.file(OPERATIONS).text()).split("## Configuration")[1]?.split("\n## ")[0] ?? "";
  const listed = [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name ?? "");
  expect(listed.sort()).toEqual([...SETTINGS].sort());
});
