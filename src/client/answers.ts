/** What is in an answer, of the platform or of what stands before it. */
import { ApiError, type Fault } from "./errors.ts";

/** @throws ApiError where it is none: a proxy may answer with a page of its own */
export async function jsonOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    const answer: Answer = JSON.parse(text);
    return answer;
  } catch {
    throw notJson(response);
  }
}

/** The same as the text that it came as. @throws ApiError as jsonOf does, by what the answer says to be */
export async function jsonTextOf(response: Response): Promise<string> {
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const text = await response.text();
  if (!isJson) throw notJson(response);
  return text;
}

function notJson({ status, headers }: Response): ApiError {
  return new ApiError({
    ...{ status, code: "not_json", faults: [], requestId: headers.get("x-request-id"), retryAfter: null },
    message: "The answer is no JSON: something else than the platform answers there",
  });
}

interface ErrorBody {
  detail?: string | Fault[];
  code?: string;
  request_id?: string;
}

export async function errorOf(response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const { detail, code, request_id } = bodyOf(await response.text());
  const faults = Array.isArray(detail) ? detail : [];
  const said = faults.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ");
  return new ApiError({
    ...{ status, faults, code: code ?? `http_${status}` },
    message: typeof detail === "string" ? detail : said || `The answer was ${status}`,
    requestId: request_id ?? headers.get("x-request-id"),
    retryAfter: secondsOf(headers.get("retry-after")),
  });
}

function bodyOf(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** Seconds of a Retry-After, which may be a time as well; null where it says none. */
function secondsOf(said: string | null): number | null {
  if (said === null || said.trim() === "") return null;
  const seconds = Number.isNaN(Number(said)) ? (Date.parse(said) - Date.now()) / 1000 : Number(said);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}
