import { Type } from "@sinclair/typebox";

/** Of a setting that is read where traces are on. */
const traces = { service: "traces" } as const;

/** The part of the configuration table that says what can be seen of a process: metrics, traces and logs. */
export const OBSERVED = {
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: "Port of /metrics and of probes, apart from the API; 0 takes a free one",
    }),
  ),
  METRICS_HOST: Type.String({ pattern: "\\S", default: "127.0.0.1", description: "Address that it listens on" }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({ description: "http(s)://… of a receiver of OpenTelemetry's OTLP over HTTP; turns traces on" }),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(
    Type.String({
      description: "name=value,…: headers for the receiver, values percent-encoded",
      ...traces,
      secret: true,
    }),
  ),
  OTEL_SERVICE_NAME: Type.Optional(Type.String({ description: "Name of the process in its traces", ...traces })),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.01,
    description: "Share of the requests that begin a trace, of those that belong to none",
    ...traces,
  }),
  LOG_LEVEL: Type.Union(
    ["trace", "debug", "info", "warn", "error"].map((level) => Type.Literal(level)),
    { default: "info", description: "Least severe level that is logged" },
  ),
};
