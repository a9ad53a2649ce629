import { expect, test } from "bun:test";
import { loadConfig } from "../config.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

test("without an endpoint traces are off, and their settings are not read", () => {
  expect(loadConfig({}).traces).toBeNull();
  expect(loadConfig({ OTEL_TRACES_SAMPLER_ARG: "x", OTEL_EXPORTER_OTLP_HEADERS: "x" }).traces).toBeNull();
});

test("an endpoint turns them on, with a hundredth of the requests", () => {
  const url = "http://collector:4318/v1/traces";
  expect(loadConfig(ENDPOINT).traces).toEqual({ url, headers: {}, serviceName: null, ratio: 0.01 });
  const set = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector/otlp/",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20YTpi=, x-team = a%2Cb,",
    OTEL_SERVICE_NAME: "flows",
    OTEL_TRACES_SAMPLER_ARG: "0.5",
  };
  expect(loadConfig(set).traces).toEqual({
    url: "https://collector/otlp/v1/traces",
    headers: { authorization: "Basic YTpi=", "x-team": "a,b" },
    serviceName: "flows",
    ratio: 0.5,
  });
});

test("what does not fit is refused by name, without a value that may be secret", () => {
  const wrong: Record<string, string>[] = [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "grpc://collector:4317" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:secret@collector" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector/?key=secret" },
    { OTEL_EXPORTER_OTLP_HEADERS: "secret" },
    { OTEL_EXPORTER_OTLP_HEADERS: "a b=secret" },
    { OTEL_EXPORTER_OTLP_HEADERS: "a=secret%" },
    { OTEL_EXPORTER_OTLP_HEADERS: "a=secret%0a" },
    { OTEL_TRACES_SAMPLER_ARG: "2" },
  ];
  for (const one of wrong) {
    const [name = ""] = Object.keys(one);
    let sentence = "";
    try {
      loadConfig({ ...ENDPOINT, ...one });
    } catch (error) {
      sentence = String(error);
    }
    expect(sentence).toContain(name);
    expect(sentence).not.toContain("secret");
  }
});
