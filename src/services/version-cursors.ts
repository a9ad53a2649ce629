/** Cursors of the versions of a workflow. */
import { ValidationFailed } from "../errors.ts";

export function cursorOf(uuid: string, version: number): string {
  return Buffer.from(`versions ${uuid} ${version}`).toString("base64url");
}

/** @throws ValidationFailed where it is none */
export function placeOf(cursor: string): { uuid: string; version: number } {
  const [, uuid = "", text = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  const version = Number(text);
  if (!/^[1-9]\d{0,9}$/.test(text) || version > 2_147_483_647 || cursorOf(uuid, version) !== cursor)
    throw otherCursor();
  return { uuid, version };
}

export function otherCursor(): ValidationFailed {
  const msg = "Input should be the next_cursor of a page of the versions of this workflow";
  return new ValidationFailed([{ loc: ["query", "cursor"], msg, type: "value_error" }]);
}
