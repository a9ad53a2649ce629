import { PlatformError, type RequestFault, ValidationFailed } from "../../errors.ts";
import { FORBIDDEN_KEYS, type Json, type JsonObject, MAX_DEPTH } from "../../schemas/json/json.ts";
import { SIGNATURE_HEADERS } from "../../services/hooks/verification.ts";
import { JSON_TYPE, readJson } from "./body/body.ts";
import { WAIT_PARAMETER } from "./queries/wait.ts";

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const MULTIPART_TYPE = /^multipart\//i;
/** Headers that prove who somebody is: no run has them. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie"]);

/**
 * What a run gets of a delivery, given the text of its body.
 *
 * @throws PlatformError unsupported_media_type for a form of several parts
 * @throws ValidationFailed for what can't be kept
 */
export function deliveryPayload({ method, headers, url }: Request, text: string): JsonObject {
  const at = url.indexOf("?");
  const query = new URLSearchParams(at < 0 ? "" : url.slice(at));
  // That is for the platform.
  query.delete(WAIT_PARAMETER.name);
  return { method, headers: shownHeaders(headers), query: fieldsOf(query, "query"), body: bodyOf(headers, text) };
}

function shownHeaders(headers: Headers): JsonObject {
  const shown: JsonObject = {};
  for (const [name, value] of headers) {
    const isHidden = SECRET_HEADERS.has(name) || SIGNATURE_HEADERS.has(name) || FORBIDDEN_KEYS.has(name);
    if (!isHidden) shown[name] = value;
  }
  return shown;
}

function bodyOf(headers: Headers, text: string): Json {
  const type = headers.get("content-type") ?? "";
  if (MULTIPART_TYPE.test(type))
    throw new PlatformError("unsupported_media_type", "JSON, a form or text, and not in parts");
  if (text === "") return null;
  // The payload is a level around it.
  if (JSON_TYPE.test(type)) return readJson(text, MAX_DEPTH - 1);
  if (FORM_TYPE.test(type)) return fieldsOf(new URLSearchParams(text), "body");
  if (text.includes("\0")) throw new ValidationFailed([fault(["body"], "The text holds NUL")]);
  return text;
}

/** The fields of a form: one that comes several times is a list. */
function fieldsOf(params: URLSearchParams, place: string): JsonObject {
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of params) {
    if (FORBIDDEN_KEYS.has(name)) {
      throw new ValidationFailed([fault([place, name], "__proto__, constructor and prototype can't be keys")]);
    }
    if (name.includes("\0") || value.includes("\0")) throw new ValidationFailed([fault([place], "A field holds NUL")]);
    const before = fields.get(name);
    if (Array.isArray(before)) before.push(value);
    else fields.set(name, before === undefined ? value : [before, value]);
  }
  return Object.fromEntries(fields);
}

function fault(loc: string[], msg: string): RequestFault {
  return { loc, msg, type: "value_error" };
}
