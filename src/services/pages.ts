import type { Clock } from "../clock.ts";
import { ValidationFailed } from "../errors.ts";
import { isUuid } from "../ids.ts";
import { SharedReads } from "../repositories/reads.ts";
import type { Source } from "../repositories/source.ts";
import { MAX_PAGE_BYTES, type PageRequest, pageBytes } from "../schemas/lists/page.ts";
import { DEFAULT_LIMIT, type PageQuery } from "../schemas/lists/page-query.ts";
import type { RunRecord, WorkflowRecord } from "../storage/port.ts";

/** A page of a list with the cursor of the next one; null on the last. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
  limit: number;
}

/** Where the rows of a list come from. */
export interface Listed<Item> {
  /** See Storage. */
  readonly batchesAtOnce: number;
  /** The server to read, for a reader who has seen what was written up to a position. */
  sourceOf(readAfter: string | null): Promise<Source>;
  list(page: PageRequest, source: Source): Promise<Item[]>;
}

interface SourcedRequest extends PageRequest {
  source: Source;
}

/** Reads the pages of one list. Identical requests that arrive together share one page. */
export class PageReader<Item extends RunRecord | WorkflowRecord> {
  readonly #list: string;
  readonly #rows: Listed<Item>;
  readonly #pages: SharedReads<SourcedRequest, Page<Item>>;

  constructor(list: "runs" | "workflows", clock: Clock, rows: Listed<Item>) {
    this.#list = list;
    this.#rows = rows;
    this.#pages = new SharedReads(
      list === "runs" ? "run_pages" : "workflow_pages",
      clock,
      rows.batchesAtOnce,
      ({ namespace, limit, order, after, source }) => `${namespace} ${limit} ${order} ${after} ${source}`,
      (requests) =>
        Promise.all(
          requests.map(async (request) => {
            const found = await rows.list(oneMore(request), request.source);
            return pageOf(list, request, found, hasMore(request, found));
          }),
        ),
    );
  }

  /**
   * A cursor names its list and order, and is refused for any other.
   *
   * @param readAfter the position up to which its reader has seen what was written; null where he names none
   * @throws ValidationFailed when the cursor is not one of this list and order.
   */
  async read(
    { limit = DEFAULT_LIMIT, order = "desc", cursor }: PageQuery,
    namespace: string,
    readAfter: string | null,
  ): Promise<Page<Item>> {
    const after = cursor === undefined ? null : readCursor(cursor, this.#list, order);
    const source = await this.#rows.sourceOf(readAfter);
    return this.#pages.get({ namespace, limit, order, after, source });
  }
}

/** Reads a page of a list whose rows are small. @throws ValidationFailed when the cursor is not one of this list and order */
export async function readPage<Item extends { uuid: string }>(
  list: string,
  { limit = DEFAULT_LIMIT, order = "desc", cursor }: PageQuery,
  namespace: string,
  read: (page: PageRequest) => Promise<Item[]>,
): Promise<Page<Item>> {
  const after = cursor === undefined ? null : readCursor(cursor, list, order);
  const request = { namespace, limit, order, after };
  const rows = await read(oneMore(request));
  return pageOf(list, request, rows, rows.length > limit);
}

/** One more than asked for tells whether there is a next page. */
function oneMore(request: PageRequest): PageRequest {
  return { ...request, limit: request.limit + 1 };
}

/** A page that ended early for its size has a next one, too: should it be empty, that only costs a request. */
function hasMore({ limit }: PageRequest, rows: (RunRecord | WorkflowRecord)[]): boolean {
  return rows.length > limit || rows.reduce((sum, row) => sum + pageBytes(row), 0) >= MAX_PAGE_BYTES;
}

function pageOf<Item extends { uuid: string }>(
  list: string,
  { limit, order }: PageRequest,
  rows: Item[],
  isMore: boolean,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: isMore && last !== undefined ? writeCursor(list, order, last.uuid) : null, limit };
}

/** The cursor behind a row of a list. */
function writeCursor(list: string, order: string, uuid: string): string {
  return Buffer.from(`${list} ${order} ${uuid}`).toString("base64url");
}

/** The uuid of the last row of the page before. @throws ValidationFailed when the cursor is not one of this list and order */
function readCursor(cursor: string, list: string, order: string): string {
  const [itsList, itsOrder, uuid = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  if (itsList !== list || itsOrder !== order || !isUuid(uuid) || writeCursor(list, order, uuid) !== cursor) {
    const msg = "Input should be the next_cursor of a page of this list in this order";
    throw new ValidationFailed([{ loc: ["query", "cursor"], msg, type: "value_error" }]);
  }
  return uuid;
}
