/** The published schemas of Kubernetes and KEDA. */
import { copyFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { INSTALLING, run } from "../../../infrastructure/local/processes/packages.ts";
import { textAt } from "../http/json.ts";
import { fetchedOnce, pipDownload, unzip } from "./fetching.ts";

/** Where the wheel has them. */
const SCHEMAS = "kubernetes_validate/kubernetes-json-schema";
/** What is fetched, by its exact versions and checksums. */
const PINS = ["package.json", "bun.lock", "requirements.txt"].map((name) => join(import.meta.dir, name));
/** The oldest that Chart.yaml allows, and the newest that the package has. */
export const KUBERNETES_VERSIONS = ["1.30.0", "1.37.0"];

/** The parts of ajv that are used: it is no dependency of the repository, so that no start has to install it. */
interface Validate {
  (data: unknown): boolean;
  errors?: { instancePath: string; message?: string; params: object }[] | null;
}
interface Ajv {
  addSchema(schema: unknown, key: string): void;
  compile(schema: unknown): Validate;
}

/** What is wrong with objects in the eyes of one version of Kubernetes, and of KEDA. */
export class Schemas {
  readonly #folder: string;
  readonly #ajv: Ajv;
  readonly #keda: Map<string, Validate>;
  readonly #compiled = new Map<string, Validate>();

  private constructor(folder: string, ajv: Ajv, keda: Map<string, Validate>) {
    this.#folder = folder;
    this.#ajv = ajv;
    this.#keda = keda;
    ajv.addSchema(this.#read("_definitions"), "/api/_definitions.json");
  }

  /** Fetches the schemas unless they are there. */
  static async of(version: string): Promise<Schemas> {
    const tools = await fetched();
    const modules = join(tools, "node_modules");
    const { Ajv2020 }: { Ajv2020: new (options: object) => Ajv } = await import(join(modules, "ajv/dist/2020.js"));
    const keda = new Map<string, Validate>();
    for (const kind of ["ScaledObject", "TriggerAuthentication"]) {
      const file = `@kubernetes-models/keda/_schemas/ComGithubKedacoreKedaV2ApisKedaV1alpha1${kind}.js`;
      const { validate }: { validate: Validate } = await import(join(modules, file));
      keda.set(kind, validate);
    }
    // Formats say how wide a number is.
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    return new Schemas(join(tools, SCHEMAS, strict(version)), ajv, keda);
  }

  /** Each fault as "path: what is wrong"; a field that is not in the schema is one. @throws Error for a kind without schema */
  faultsOf(object: Record<string, unknown>): string[] {
    const validate = this.#validatorOf(textAt(object, "apiVersion"), textAt(object, "kind"));
    if (validate(object)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  }

  #validatorOf(apiVersion: string, kind: string): Validate {
    const keda = apiVersion === "keda.sh/v1alpha1" ? this.#keda.get(kind) : undefined;
    if (keda !== undefined) return keda;
    // apps/v1, networking.k8s.io/v1, or v1.
    const [, group = "", version = ""] = /^(?:([a-z]+)[a-z.\d]*\/)?(v\w+)$/.exec(apiVersion) ?? [];
    const name = [kind.toLowerCase(), group, version].filter((part) => part !== "").join("-");
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const compiled = this.#ajv.compile(this.#read(name));
    this.#compiled.set(name, compiled);
    return compiled;
  }

  #read(name: string): unknown {
    return JSON.parse(readFileSync(join(this.#folder, `${name}.json`), "utf8"));
  }
}

/** The folder with the packages of PINS; another one once they change. */
function fetched(): Promise<string> {
  const pins = PINS.map((path) => readFileSync(path, "utf8")).join("\n");
  const hash = new Bun.CryptoHasher("sha256").update(pins).digest("hex").slice(0, 16);
  return fetchedOnce(`kubernetes-schemas/${hash}`, fetchInto);
}

async function fetchInto(folder: string): Promise<void> {
  for (const path of PINS) copyFileSync(path, join(folder, basename(path)));
  await run(["bun", "install", `--cwd=${folder}`, "--frozen-lockfile", "--ignore-scripts"], { env: INSTALLING });
  await pipDownload(join(folder, "requirements.txt"), folder);
  const wheel = readdirSync(folder).find((name) => name.endsWith(".whl")) ?? "";
  await unzip(join(folder, wheel), folder, ...KUBERNETES_VERSIONS.map((version) => `${SCHEMAS}/${strict(version)}/`));
  rmSync(join(folder, wheel));
}

/** The schemas in which a field that is unknown is a fault. */
function strict(version: string): string {
  return `v${version}-local-strict`;
}
