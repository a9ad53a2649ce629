import { expect, test } from "bun:test";
import { loadStepTypes, type StepType } from "../../../connectors/index.ts";
import type { Json } from "../../../schemas/json/json.ts";
import { Scope } from "../../state/scope.ts";
import { resolveConfig } from "./config.ts";

const types = await loadStepTypes();
const webhook: StepType = types.get("webhook") ?? expect.unreachable();

function resolved(headers: Json, payload: Json) {
  const config = { method: "POST", url: "https://host.example/", headers };
  return resolveConfig(config, new Scope({ payload }, null), webhook, { units: 0 });
}

test("headers that the platform sets can't be brought by a placeholder either", () => {
  const names = ["Host", "content-length", "Transfer-Encoding", "connection", "webhook-id", "Webhook-Signature", "TE"];
  for (const name of names) {
    for (const text of ["${payload}", "${{ payload }}"]) {
      expect(resolved(text, { "x-a": "b", [name]: "1" })).toEqual({
        code: "config",
        error: `config.headers.${name}: This header is set by the platform`,
      });
    }
  }
});

test("all others can, and what is written out is what was taken when the definition was made", () => {
  expect(resolved("${payload}", { "x-a": "b" })).toMatchObject({ value: { headers: { "x-a": "b" } } });
  expect(resolved({ host: "${payload.h}" }, { h: "1" })).toMatchObject({ value: { headers: { host: "1" } } });
});

test("a place is no longer than what it is said of", () => {
  const config = resolved("${payload}", { [`webhook-${"x".repeat(10_000)}`]: "1" });
  expect("error" in config && config.error.length).toBeLessThan(300);
});
