/** A copy of the platform's sources with files added, for what an author of step types does. */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "./platform.ts";

export class PlatformCopy {
  readonly root: string;

  /** @param connectors name of a file in src/connectors, without its ending, to its source. */
  constructor(connectors: Record<string, string>) {
    this.root = mkdtempSync(join(tmpdir(), "platform-copy-"));
    for (const name of ["src", "workers", "sql", "package.json", "tsconfig.json"]) {
      cpSync(join(REPOSITORY, name), join(this.root, name), { recursive: true });
    }
    symlinkSync(join(REPOSITORY, "node_modules"), join(this.root, "node_modules"));
    for (const [name, source] of Object.entries(connectors)) {
      writeFileSync(join(this.root, "src", "connectors", `${name}.ts`), source);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The source of a connector without config fields; `body` is what it runs. */
export function connectorSource(type: string, kind: "pure" | "effect", body: string): string {
  return `
    import { Type } from "@sinclair/typebox";
    import { defineConnector } from "./index.ts";
    export default defineConnector({
      type: "${type}",
      kind: "${kind}",
      description: "Misbehaves.",
      config: Type.Object({}, { additionalProperties: true }),
      ${kind === "effect" ? "async run(config, tools)" : "run(config)"} { ${body} },
    });
  `;
}
