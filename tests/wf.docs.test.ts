/** What docs/wf.md shows is what the command prints. */
import { expect, test } from "bun:test";
import { Platform } from "./harness/platform.ts";
import { environment, Folder, PROGRAM } from "./harness/wf.ts";

const ADDRESS = "http://127.0.0.1:8001";

/** What differs from one call to the next: ids, times, and how wide they make a column. */
function timeless(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, "<time>")
    .replace(/\d+(\.\d+)? (ms|s)\b/g, "<duration>")
    .replace(/ +/g, " ")
    .trim();
}

test("the tour prints what it says, in the order in which a terminal shows it", async () => {
  const text = await Bun.file(new URL("../docs/wf.md", import.meta.url)).text();
  const tour = text.split("<!-- tour -->")[1]?.split("<!-- /tour -->")[0] ?? "";
  const blocks = [...tour.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  const calls = blocks.flatMap((block) => block.split(/^\$ /m).filter((call) => call !== ""));
  expect(calls.length).toBeGreaterThan(8);
  const platform = await Platform.start();
  const folder = new Folder();
  for (const call of calls) {
    const [command = "", ...output] = call.split("\n");
    const script = `wf() { bun ${PROGRAM} "$@"; }; ${command}`;
    const shell = Bun.spawn(["bash", "-c", `{ ${script}; } 2>&1`], {
      cwd: folder.path,
      env: environment({ url: platform.url }),
    });
    const printed = (await new Response(shell.stdout).text()).replaceAll(platform.url, ADDRESS);
    expect(`${command}\n${timeless(printed)}`).toBe(`${command}\n${timeless(output.join("\n"))}`);
  }
  await platform.close();
  folder.remove();
});
