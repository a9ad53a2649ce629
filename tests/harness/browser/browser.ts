/** A real Chromium that looks at pages of the platform, and fails where a page complains or asks strangers for something. */
import { expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type BrowserContext,
  type BrowserContextOptions,
  type Browser as Chromium,
  chromium,
  type Page,
} from "playwright-core";
import { install, pathOf } from "../../../infrastructure/local/processes/packages.ts";
import { REPOSITORY } from "../platform.ts";

const ARGUMENTS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  // Nothing but this machine is reached.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];
/** Not how fast a page is, but when a test gives up: other files may have the processors. */
const PATIENCE_MS = 20_000;
/** For `beforeAll`: the browser may have to be installed first. */
export const BROWSER_START_MS = 360_000;

/** Builds the page where its sources are younger. */
export function buildPage(): void {
  const { exitCode, stderr } = Bun.spawnSync(["bun", "src/page/build.ts", "--if-older"], { cwd: REPOSITORY });
  if (exitCode !== 0) throw new Error(String(stderr));
}

export interface Visit {
  /** Where it may ask for things, by how their addresses begin; the origin of the address without it. */
  places?: string[];
  /** Complaints that belong to what is shown, such as those of an answer that fails. */
  expected?: RegExp;
}

export class Browser {
  readonly #chromium: Chromium;
  /** One for all pages, so that the page's scripts are compiled once. */
  readonly #context: BrowserContext;

  private constructor(chromium: Chromium, context: BrowserContext) {
    this.#chromium = chromium;
    this.#context = context;
  }

  static async start(options: BrowserContextOptions = {}): Promise<Browser> {
    await install(["chromium"]);
    buildPage();
    const started = await chromium.launch({ executablePath: pathOf("chromium"), args: ARGUMENTS });
    return new Browser(started, await started.newContext({ viewport: { width: 1280, height: 800 }, ...options }));
  }

  /** Somebody else at another machine: nothing is stored yet. */
  async stranger(options: BrowserContextOptions = {}): Promise<Browser> {
    return new Browser(
      this.#chromium,
      await this.#chromium.newContext({ viewport: { width: 1280, height: 800 }, ...options }),
    );
  }

  async close(): Promise<void> {
    await this.#chromium.close();
  }

  /** Shows a page to `look`. Fails, too, when the page complained or asked for anything that isn't at one of the places. */
  async visit(address: string, look: (page: Page) => Promise<void>, { places, expected }: Visit = {}): Promise<void> {
    const allowed = places ?? [`${new URL(address).origin}/`];
    const page = await this.#context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const strangers: string[] = [];
    const complaints: string[] = [];
    const complain = (text: string) => {
      if (expected?.test(text) !== true) complaints.push(text);
    };
    page.on("request", (request) => {
      if (!allowed.some((one) => request.url().startsWith(one))) strangers.push(request.url());
    });
    page.on("websocket", (socket) => strangers.push(socket.url()));
    // A violation of the content security policy is written to the console as an error.
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        complain(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => complain(error.message));
    page.on("requestfailed", (request) => {
      // Given up by the page itself, as a stream of events is when somebody goes.
      if (request.failure()?.errorText !== "net::ERR_ABORTED") complain(`failed: ${request.url()}`);
    });
    try {
      await page.goto(address);
      await look(page);
      expect({ strangers, complaints }).toEqual({ strangers: [], complaints: [] });
    } catch (error) {
      const folder = join(REPOSITORY, "test-failures");
      mkdirSync(folder, { recursive: true });
      const name = new URL(address).pathname.replaceAll(/\W+/g, "-");
      await page.screenshot({ path: join(folder, `page${name}-${Date.now()}.png`), fullPage: true });
      throw error;
    } finally {
      await page.close();
    }
  }
}
