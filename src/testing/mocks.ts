import {
  type EffectConnector,
  type HttpReply,
  StepFailure,
  type StepType,
  type StepTypes,
} from "../connectors/index.ts";
import type { JsonObject } from "../schemas/json.ts";
import type { Mock, MockReply, Mocks } from "../schemas/test-input.ts";

/** The mocks of a test: what its effects come to. */
export class MockedEffects {
  readonly #mocks: ReadonlyMap<string, readonly Mock[]>;
  /** How often a mock of each address was asked for. */
  readonly #used = new Map<string, number>();
  /** The addresses of steps by their paths. */
  readonly #addresses = new Map<string, string>();

  constructor(mocks: Mocks) {
    this.#mocks = new Map(Object.entries(mocks));
  }

  /** A step began: its connector only knows its path. */
  began(path: string, address: string): void {
    this.#addresses.set(path, address);
  }

  /** Step types whose effects are mocked. */
  types(types: StepTypes): StepTypes {
    return new Map([...types].map(([name, type]) => [name, this.#mocked(type)]));
  }

  /** Addresses of which a mock was not used. */
  unused(): string[] {
    return [...this.#mocks].filter(([address, all]) => (this.#used.get(address) ?? 0) < all.length).map(([one]) => one);
  }

  #mocked(type: StepType): StepType {
    const { connector } = type;
    // No run is started by a test: what its step comes to is mocked as what an effect does.
    if (connector.kind === "child") {
      const run: EffectConnector["run"] = async (_, { idempotencyKey }) => outputOf(this.#mockOf(idempotencyKey));
      return { ...type, connector: { ...connector, kind: "effect", run } };
    }
    if (connector.kind !== "effect") return type;
    const run: EffectConnector["run"] = (config, tools) => {
      const mock = this.#mockOf(tools.idempotencyKey);
      return "status" in mock
        ? connector.run(config, { ...tools, fetch: async ({ url }) => replyOf(mock, url) })
        : Promise.resolve(outputOf(mock));
    };
    return { ...type, connector: { ...connector, run } };
  }

  /** @param idempotencyKey names the path of the step */
  #mockOf(idempotencyKey: string): Mock {
    const path = idempotencyKey.slice(idempotencyKey.indexOf(":") + 1);
    return this.#next(this.#addresses.get(path) ?? path);
  }

  #next(address: string): Mock {
    for (const key of [address, address.replace(/\[\d+\]/g, "[*]")]) {
      const all = this.#mocks.get(key);
      if (all === undefined) continue;
      const used = this.#used.get(key) ?? 0;
      this.#used.set(key, used + 1);
      const mock = all[Math.min(used, all.length - 1)];
      if (mock !== undefined) return mock;
    }
    throw StepFailure.of("mock_missing", { step: address });
  }
}

function outputOf(mock: Mock): JsonObject {
  if ("output" in mock) return mock.output;
  if ("status" in mock) throw StepFailure.of("config_unfit", { place: "", fault: "A status mocks webhooks alone" });
  const { code, message, details = null } = mock.error;
  throw new StepFailure(code, message, null, details);
}

/** The reply of a mock: a redirect is not followed, since the status says that it is one. */
function replyOf({ status, body = null, headers = {} }: MockReply, url: string): HttpReply {
  const header = (name: string) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
  const retryAfter = Number(header("retry-after") ?? Number.NaN);
  return {
    status,
    url,
    redirects: 0,
    location: status >= 300 && status < 400 ? header("location") : null,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
    data: body,
    faults: { count: 0, first: [] },
  };
}
