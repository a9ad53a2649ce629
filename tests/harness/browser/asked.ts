import { expectAccessible } from "./axe.ts";
import type { Browser } from "./browser.ts";

export interface AskedView {
  /** Of the view; with `link` that of a page with the navigation. */
  address: string;
  /** Its name in the navigation, where it has one. */
  link?: string;
  /** What of the API it reads, as a pattern of addresses. */
  reads: string | RegExp;
  /** What it says while it reads. */
  loading: string;
}

/** A view says that it reads, and then that it could not, in other words than of nothing; anybody can use either. */
export async function expectAskedAndRefused(browser: Browser, view: AskedView): Promise<void> {
  await browser.visit(
    view.link === undefined ? new URL("/ui/nothing", view.address).href : view.address,
    async (page) => {
      const held = Promise.withResolvers<void>();
      const answer = { status: 503, json: { detail: "The database is out", code: "storage_unavailable" } };
      await page.route(view.reads, (asked) => held.promise.then(() => asked.fulfill(answer)));
      if (view.link === undefined) await page.goto(view.address);
      else await page.getByRole("link", { name: view.link, exact: true }).first().click();
      await page.getByRole("status", { name: view.loading }).waitFor();
      await expectAccessible(page);
      held.resolve();
      await page.getByRole("heading", { name: "Could not ask" }).waitFor();
      await page.getByText("The database is out").first().waitFor();
      await expectAccessible(page);
    },
    { expected: /503/ },
  );
}
