import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { INSTALLING, install, pathOf, run } from "../processes/packages.ts";

const REPOSITORY = join(import.meta.dir, "../../..");
const PROJECT = join(REPOSITORY, "infrastructure/kafka/pom.xml");
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/** The folder with Kafka's files, fetched from Maven Central the first time. */
export async function kafkaFiles(): Promise<string> {
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(await Bun.file(PROJECT).text())?.[1];
  if (version === undefined) throw new Error(`${PROJECT} names no version of kafka_2.13`);
  const tools = join(REPOSITORY, ".tools/kafka");
  const folder = join(tools, version);
  if (existsSync(folder)) return folder;

  await install(["mvn"]);
  console.error(`fetching Kafka ${version} into .tools/kafka`);
  mkdirSync(tools, { recursive: true });
  // Named at last, so that a folder that was fetched by half is never taken for a whole one.
  const half = mkdtempSync(join(tools, "half-"));
  try {
    await run([pathOf("mvn"), "--quiet", "--batch-mode", `--file=${PROJECT}`, COPY, `-DoutputDirectory=${half}`], {
      env: INSTALLING,
    });
    if (!existsSync(folder)) renameSync(half, folder);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return folder;
}
