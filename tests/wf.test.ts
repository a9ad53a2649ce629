/** The command `wf` as a whole: its help, exit codes, errors, what terminals get, and what it says of an installation. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { COMMANDS } from "../src/wf/commands.ts";
import { isObject } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { Folder, onTerminal, PROGRAM, start, wf } from "./harness/wf.ts";

const NAMES =
  "dev init run runs show logs cancel pause resume retry signal validate diff apply export test types doctor open completion";
const ESCAPE = "\u001b[";

let platform: Platform;
let folder: Folder;
beforeAll(async () => {
  folder = new Folder();
  platform = await Platform.start();
});
afterAll(async () => {
  await platform.close();
  folder.remove();
});

test("there are the commands that were promised, each with its help", async () => {
  expect(COMMANDS.map(({ name }) => name).sort()).toEqual(NAMES.split(" ").sort());
  const overview = await wf(["--help"]);
  expect(overview.exitCode).toBe(0);
  for (const { name, summary, options } of COMMANDS) {
    expect(overview.stdout).toContain(`  ${name} `);
    const { exitCode, stdout, stderr } = await wf([name, "--help"]);
    expect([name, exitCode, stderr]).toEqual([name, 0, ""]);
    expect(stdout).toStartWith(`Usage: wf ${name} `);
    for (const text of [summary, "--json", "--url", ...Object.keys(options).map((option) => `--${option}`)]) {
      expect(stdout).toContain(text);
    }
  }
});

test("a call that it does not know ends with 2, and a sentence that says what to do", async () => {
  const wrong: [words: string[], said: string][] = [
    [[], "Usage: wf COMMAND"],
    [["rnu"], "`wf --help` lists them"],
    [["runs", "--limt", "3"], "`wf runs --help` lists the options"],
    [["--url", platform.url, "runs"], "Options stand behind the command: `wf COMMAND --url`"],
    [["show"], "Something is missing: `wf show RUN [STEP]`"],
    [["runs", "a"], "That is too much: `wf runs`"],
    [["runs", "--limit", "many"], "--limit takes a whole number from 1 on"],
    [["runs", "--status", "broken"], "there are pending, running"],
    [["runs", "--since", "yesterday"], "--since takes 30m"],
    [["runs", "--url", "flows"], '"flows" is no address'],
    [["run", "x", "--payload", "{n: 1}"], "--payload is no JSON"],
    [["run", "x", "--payload", "[1]"], "--payload takes a JSON object"],
    [["run", "nothing.json"], "Can't read nothing.json (ENOENT)"],
    [["retry", "x", "--version", "old"], "--version takes same, latest or a number"],
    [["apply", "package.json"], "is no folder"],
    [["completion", "tcsh"], "there is bash, zsh and fish"],
  ];
  for (const [words, said] of wrong) {
    const { exitCode, stdout, stderr } = await wf(words);
    expect([words, exitCode, stdout]).toEqual([words, 2, ""]);
    expect(stderr).toContain(said);
  }
});

test("where no platform answers it ends with 3 and says how to have one; for programs as JSON", async () => {
  const { exitCode, stdout, stderr } = await wf(["runs"]);
  expect([exitCode, stdout]).toEqual([3, ""]);
  expect(stderr).toBe(
    "wf: No platform answers at http://127.0.0.1:1; start one with `wf dev`, or say where it is with --url or WF_URL\n",
  );
  const asked = await wf(["show", "none", "--json", "--url", platform.url]);
  expect([asked.exitCode, JSON.parse(asked.stderr)]).toEqual([1, { error: "Workflow run not found: none", lines: [] }]);
});

test("results that can't be written are a failure, and not where their reader has enough", async () => {
  const written = async (target: string) => {
    const child = Bun.spawn(["sh", "-c", `bun ${PROGRAM} --help ${target}`], { stderr: "pipe", stdout: "ignore" });
    return [await new Response(child.stderr).text(), await child.exited];
  };
  expect(await written(">/dev/full")).toEqual(["wf: the results can't be written (ENOSPC)\n", 1]);
  expect(await written("| true")).toEqual(["", 0]);
});

test("a terminal gets colours and lines that fit, a pipe and NO_COLOR do not; nothing of others moves the cursor", async () => {
  const { url } = platform;
  const hostile = `no way ${ESCAPE}2J\u202e${"x".repeat(300)}`;
  const file = folder.write("loud.json", {
    id: "loud",
    name: "loud",
    steps: [{ name: "f", type: "fail", config: { message: hostile } }],
  });
  expect((await wf(["run", file], { url })).exitCode).toBe(1);
  const shown = await onTerminal(["runs"], { url, columns: 100 });
  expect(shown).toContain(`${ESCAPE}31mfailed`);
  expect(shown).not.toContain("2J\u202e");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  const widths = shown.split("\r\n").map((line) => Bun.stringWidth(line.replace(/\u001b\[\d+m/g, "")));
  expect(Math.max(...widths)).toBeLessThanOrEqual(100);
  expect(shown).toContain("ERROR");
  expect(await onTerminal(["runs"], { url, columns: 80 })).not.toContain("ERROR");
  expect(await onTerminal(["runs"], { url, columns: 100, env: { NO_COLOR: "1" } })).not.toContain(ESCAPE);
  const piped = await wf(["runs"], { url });
  expect(piped.stdout).not.toContain("\u001b");
  expect(piped.stdout).toContain("no way");
});

test("bash completes commands and their options", async () => {
  const { stdout } = await wf(["completion", "bash"]);
  const complete = async (...words: string[]) => {
    const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _wf; echo "\${COMPREPLY[*]}"`;
    return new Response(Bun.spawn(["bash", "-c", script], { stderr: "inherit" }).stdout).text();
  };
  expect(await complete("wf", "re")).toBe("resume retry\n");
  expect(await complete("wf", "retry", "--f")).toBe("--from\n");
  for (const shell of ["zsh", "fish"]) {
    const other = await wf(["completion", shell]);
    for (const { name } of COMMANDS) expect(other.stdout).toContain(name);
  }
});

test("the doctor finds a platform well, says what failed, and ends with 3 where there is none", async () => {
  const well = await wf(["doctor", "--json"], { url: platform.url });
  expect(well.exitCode).toBe(0);
  const findings: unknown = JSON.parse(well.stdout);
  const states = Array.isArray(findings) ? findings.map((one) => (isObject(one) ? one.state : null)) : [];
  // The run of the test above failed.
  expect(states).toEqual(["ok", "ok", "ok", "ok", "ok", "warning", "ok"]);
  expect(well.stdout).toContain("wf runs --status failed --since 1h --workflow loud");
  const none = await wf(["doctor"]);
  expect(none.exitCode).toBe(3);
  expect(none.stdout).toContain("✖ No platform answers at http://127.0.0.1:1\n  Start one with `wf dev`");
  const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("no", { status: 404 }) });
  const wrong = await wf(["doctor"], { url: other.url.href });
  await other.stop(true);
  expect([wrong.exitCode, wrong.stdout.includes("is no platform")]).toEqual([3, true]);
});

test("the doctor tells what it found also where the platform can't say more", async () => {
  const answers: Record<string, [status: number, body: object]> = {
    "/health": [200, { status: "healthy" }],
    "/health/ready": [503, { detail: "Out of reach: postgres (breaker open)", code: "storage_unavailable" }],
    "/api/v1/system": [200, { workers: null, apis: null, queue: null }],
  };
  const asked: string[] = [];
  const broken = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const [status, body] = answers[pathname] ?? [503, { detail: "It is out", code: "storage_unavailable" }];
      return Response.json(body, { status, headers: status === 503 ? { "retry-after": "1" } : {} });
    },
  });
  const { exitCode, stdout } = await wf(["doctor", "--json"], { url: broken.url.origin });
  await broken.stop(true);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([
    { state: "ok" },
    { state: "ok" },
    { state: "wrong", about: expect.stringContaining("It can't do its work: Out of reach: postgres") },
    { state: "wrong", about: "The rest can't be looked at: It is out" },
  ]);
  // Nobody waits until it may be better.
  expect(asked.filter((path) => path === "/health/ready" || path === "/api/v1/stats").length).toBe(2);
});

test("open says the address of the page, of a workflow and of a run", async () => {
  const { url } = platform;
  expect((await wf(["open"], { url })).stdout).toBe(`${url}/ui\n`);
  expect((await wf(["open", "loud"], { url })).stdout).toBe(`${url}/ui/workflows/loud\n`);
  const id = (await wf(["runs", "-n", "1", "--json"], { url })).stdout.match(/[0-9a-f-]{36}/)?.[0] ?? "";
  expect((await wf(["open", id], { url })).stdout).toBe(`${url}/ui/runs/${id}\n`);
  // Whether it is a run can't be asked.
  expect(await wf(["open", id])).toMatchObject({ exitCode: 3, stdout: "" });
});

test("dev runs a platform with the folder's definitions, takes what changes, and ends with all it started", async () => {
  const flows = new Folder();
  expect((await wf(["init", "."], { cwd: flows.path })).exitCode).toBe(0);
  const dev = start(["dev", "--port", "0"], { cwd: flows.path });
  let said = "";
  const reading = (async () => {
    for await (const chunk of dev.stdout) said += new TextDecoder().decode(chunk);
  })();
  let banner = "";
  for await (const chunk of dev.stderr) {
    banner += new TextDecoder().decode(chunk);
    if (banner.includes("Data")) break;
  }
  const url = /API +(\S+)/.exec(banner)?.[1] ?? "";
  while (!said.includes("+ create hello")) await Bun.sleep(20);
  const ran = await wf(["run", "hello", "-p", '{"name": "Ada"}'], { url });
  expect([ran.exitCode, JSON.parse(ran.stdout)]).toEqual([0, { said: "Hello Ada" }]);
  flows.write("two.json", { name: "two", steps: [{ name: "a", type: "transform", config: { value: 2 } }] });
  while (!said.includes("+ create two")) await Bun.sleep(20);
  dev.kill("SIGINT");
  expect([0, 130]).toContain(await dev.exited);
  await reading;
  expect((await wf(["runs", "--url", url])).exitCode).toBe(3);
  flows.remove();
});
