/** docker-compose.yml as Debian's `docker-compose config` understands it: version 1 and version 2 write it differently. */
import { relative } from "node:path";
import { outcomeOf, pathOf } from "../../../infrastructure/local/processes/packages.ts";
import { at, isObject, listAt, objectAt } from "../http/json.ts";
import { REPOSITORY } from "../platform.ts";

export interface Service {
  name: string;
  image: string;
  /** The folder that it is built from, "." for the repository; null when it is fetched. */
  build: string | null;
  user: string;
  command: string[];
  environment: Record<string, string>;
  /** As "address:published:internal". */
  ports: string[];
  mounts: { source: string; target: string; readOnly: boolean }[];
  tmpfs: string[];
  networks: string[];
  /** Service → condition. */
  dependsOn: Record<string, string>;
  /** The check's words; null when there is none of its own. */
  healthcheck: string[] | null;
  settings: Record<string, unknown>;
}

const PROFILES = ["benchmark", "monitoring"].flatMap((profile) => ["--profile", profile]);

/** Runs `docker-compose config` with nothing but .env.example and these variables. */
export async function composeConfig(
  variables: Record<string, string>,
): Promise<{ code: number; printed: string; complaint: string }> {
  // Else it would read the .env of whoever runs the tests. Variables of the environment come before those of the file.
  const command = [pathOf("docker-compose"), "--env-file", ".env.example", ...PROFILES, "config"];
  const child = Bun.spawn(command, {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return outcomeOf(child);
}

/** The services of what `docker-compose config` printed. */
export function servicesOf(printed: string): Service[] {
  return Object.entries(objectAt(Bun.YAML.parse(printed), "services")).map(([name, value]) => {
    const settings = objectAt(value);
    return {
      name,
      image: word(settings.image),
      build: settings.build === undefined ? null : inside(word(at(settings, "build", "context"))),
      user: word(settings.user),
      command: list(settings.command).map(word).map(single),
      environment: Object.fromEntries(
        Object.entries(table(settings.environment)).map(([key, text]) => [key, single(word(text))]),
      ),
      ports: list(settings.ports).map(portOf),
      mounts: list(settings.volumes).map(mountOf),
      tmpfs: list(settings.tmpfs).map(word),
      networks: Object.keys(table(settings.networks)),
      dependsOn: Object.fromEntries(
        Object.entries(table(settings.depends_on)).map(([other, how]) => [other, word(at(how, "condition"))]),
      ),
      healthcheck: checkOf(settings.healthcheck),
      settings,
    };
  });
}

function checkOf(value: unknown): string[] | null {
  if (at(value, "disable") === true || at(value, "test", 0) === "NONE" || value === undefined) return null;
  return listAt(value, "test").map(word).map(single);
}

function portOf(value: unknown): string {
  if (!isObject(value)) return word(value).replace("/tcp", "");
  return [value.host_ip, value.published, value.target].map(word).join(":");
}

function mountOf(value: unknown): { source: string; target: string; readOnly: boolean } {
  if (isObject(value)) {
    return { source: inside(word(value.source)), target: word(value.target), readOnly: value.read_only === true };
  }
  const [source = "", target = "", mode] = word(value).split(":");
  return { source: inside(source), target, readOnly: mode === "ro" };
}

/** A path in the repository from its root; a volume keeps its name. */
function inside(path: string): string {
  return path.startsWith("/") ? relative(REPOSITORY, path) || "." : path;
}

/** A dollar that compose leaves to the container is written twice. */
function single(text: string): string {
  return text.replaceAll("$$", "$");
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function table(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function word(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
