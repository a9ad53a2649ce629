/** What most suites of the page begin with: a platform, and a browser that looks at it. */
import { afterAll, beforeAll } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { Client } from "../http/client.ts";
import { Platform, type StartOptions } from "../platform.ts";
import { BROWSER_START_MS, Browser } from "./browser.ts";

export interface PageOptions {
  platform?: StartOptions;
  browser?: BrowserContextOptions;
}

/** Starts both before the tests of a file, and ends them behind these. What it gives can be used from `beforeAll` on. */
export function pageUnderTest(options: PageOptions = {}) {
  let platform: Platform;
  let browser: Browser;
  beforeAll(async () => {
    platform = await Platform.start(options.platform);
    browser = await Browser.start(options.browser);
  }, BROWSER_START_MS);
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
  });
  return {
    get platform() {
      return platform;
    },
    get browser() {
      return browser;
    },
    /** Of the platform as it was started last. */
    get api() {
      return new Client(platform.url);
    },
    get url() {
      return platform.url;
    },
    /** Shows what is at a path of the platform; `expected` are complaints that belong to it. */
    visit: (path: string, look: (page: Page) => Promise<void>, expected?: RegExp): Promise<void> =>
      browser.visit(platform.url + path, look, expected === undefined ? {} : { expected }),
  };
}
