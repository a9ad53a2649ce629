import {
  type EffectConnector,
  type HttpReply,
  StepFailure,
  type StepType,
  type StepTypes,
} from "../connectors/index.ts";
import type { JsonObject } from "../schemas/json/json.ts";
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
    if (connector.kind !== "effect" && connector.kind !== "child") return type;
    const run: EffectConnector["run"] = async (config, tools) => {
      const path = tools.idempotencyKey.slice(tools.idempotencyKey.indexOf(":") + 1);
      const address = this.#addresses.get(path) ?? path;
      const mock = this.#next(address);
      if (!("status" in mock)) return outputOf(mock);
      if (connector.kind === "child") throw StepFailure.of("mock_unfit", { step: address });
      return await connector.run(config, { ...tools, fetch: async ({ url }) => replyOf(mock, url) });
    };
    // No run is started: what comes of one is told at once.
    return { ...type, connector: { ...connector, kind: "effect", run } };
  }

  #next(address: string): Mock {
    // What undoes the same step of another attempt is numbered, and has the same mocks.
    const asked = address.replace(/(?<=\.\$compensate)#\d+$/, "");
    for (const key of [asked, asked.replace(/\[\d+\]/g, "[*]")]) {
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

function outputOf(mock: Exclude<Mock, MockReply>): JsonObject {
  if ("output" in mock) return mock.output;
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
