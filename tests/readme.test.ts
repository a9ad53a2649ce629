import { afterAll, beforeAll, expect, test } from "bun:test";
import { SETTINGS } from "../src/config/settings.ts";
import { Platform } from "./platform.ts";

const README = new URL("../README.md", import.meta.url);
const OPERATIONS = new URL("../docs/operations.md", import.meta.url);
const ADDRESS = "http://127.0.0.1:8001";

/** The commands of the README's tour, each with the output that it promises. */
function tourOf(text: string): { command: string; output: string }[] {
  const tour = text.split("<!-- tour -->")[1]?.split("<!-- /tour -->")[0] ?? "";
  return [...tour.matchAll(/```console\n\$ ([\s\S]*?)\n([{[][^\n]*)\n```/g)].map(([, command = "", output = ""]) => ({
    command,
    output,
  }));
}

/** What differs from one run to the next: ids and times. */
function timeless(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+\+00:00/g, "<time>");
}

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(() => platform.close());

test("the README's tour prints what it says", async () => {
  const tour = tourOf(await Bun.file(README).text());
  expect(tour.length).toBeGreaterThanOrEqual(5);
  let runId = "";
  for (const { command, output } of tour) {
    const script = command.replaceAll(ADDRESS, platform.url);
    const shell = Bun.spawn(["bash", "-c", script], { env: { ...process.env, run_id: runId }, stderr: "inherit" });
    const printed = (await new Response(shell.stdout).text()).trim();
    expect(`${command}\n${timeless(printed)}`).toBe(`${command}\n${timeless(output)}`);
    runId = /"run_id":"([^"]+)"/.exec(printed)?.[1] ?? runId;
  }
});

test("the operations guide has every setting, and no other", async () => {
  const table = (await Bun.file(OPERATIONS).text()).split("## Configuration")[1]?.split("\n## ")[0] ?? "";
  const listed = [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name ?? "");
  expect(listed.sort()).toEqual([...SETTINGS].sort());
});
