import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { World } from "../../../tests/contracts/storage/kit.ts";
import { openFileStorage } from "./index.ts";

test("a definition that was stored in language 1 means what it meant", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-language-"));
  const onDeath = (error: Error) => {
    throw error;
  };
  const open = () => openFileStorage({ folder, synchronous: "NORMAL", onDeath });
  const world = await World.open({ open, takesClock: false });
  const steps = JSON.stringify([{ name: "x", type: "transform", config: { value: "${{ a }} ${b}" } }]);
  const [old, young] = [await world.workflow({ steps }), await world.workflow({ steps })];
  await world.storage.close();
  const database = new Database(join(folder, "platform.db"));
  database.run(
    `insert into workflow_versions (workflow_uuid, version, name, steps, created_at)
      select workflow_uuid, 2, name, steps, created_at from workflow_versions where workflow_uuid = ?`,
    [old],
  );
  database.close();

  const storage = await open();
  const key = { namespace: "default", workflowUuid: old, version: 2 };
  const found = await storage.findVersions([key, { ...key, workflowUuid: young, version: 1 }]);
  expect(found).toEqual([`{"steps":${steps.replace("${{", () => "$${{")}}`, `{"steps":${steps}}`]);
  // It is shown as its author wrote it.
  const shown = await storage.findWorkflows([{ namespace: "default", reference: old, version: 2 }]);
  expect(shown).toMatchObject([{ steps }]);
  await storage.close();
  rmSync(folder, { recursive: true, force: true });
});
