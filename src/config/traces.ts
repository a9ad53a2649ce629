import { StartError } from "../errors.ts";
import { decoded } from "./address.ts";
import type { Settings } from "./settings.ts";

export interface TracesConfig {
  /** The address that spans are sent to. */
  url: string;
  headers: Record<string, string>;
  /** Null for the usual name of the program. */
  serviceName: string | null;
  /** From 0 to 1: the share of requests that begin a trace, of those that belong to none. */
  ratio: number;
}

/** A token (RFC 9110, 5.6.2), and what it is given. */
const HEADER = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/;

/** Where traces are sent; null while they are off. @throws StartError saying which setting does not fit, without a value that may be secret */
export function tracesOf(settings: Settings): TracesConfig | null {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER_ARG: ratio } = settings;
  if (endpoint === undefined) return null;
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new StartError("OTEL_EXPORTER_OTLP_ENDPOINT is not an address like http://collector:4318");
  }
  if (url.username !== "" || url.password !== "") {
    throw new StartError("OTEL_EXPORTER_OTLP_ENDPOINT has a user or password; set OTEL_EXPORTER_OTLP_HEADERS instead");
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/traces`;
  const headers = headersOf(settings.OTEL_EXPORTER_OTLP_HEADERS ?? "");
  return { url: url.href, headers, serviceName: OTEL_SERVICE_NAME ?? null, ratio };
}

function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of text.split(",")) {
    if (pair.trim() === "") continue;
    const [, name, value = ""] = HEADER.exec(pair) ?? [];
    if (name === undefined) throw new StartError("OTEL_EXPORTER_OTLP_HEADERS is not of the form name=value,name=value");
    headers[name] = decoded("OTEL_EXPORTER_OTLP_HEADERS", value.trim());
  }
  return headers;
}
