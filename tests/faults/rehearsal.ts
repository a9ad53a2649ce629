/** The frame of the tests under load: a deployment, a steady load, faults meanwhile, and the verdict once all is over. */
import { expect } from "bun:test";
import { Client } from "../harness/http/client.ts";
import { Deployment } from "./deployment/deployment.ts";
import type { DeploymentSettings } from "./deployment/deployment-parts.ts";
import type { Completed } from "./deployment/events.ts";
import { type Case, play } from "./deployment/folder.ts";
import { Sink } from "./deployment/sink.ts";
import { watchFinalStates } from "./final.ts";
import { makeConstructs } from "./load/constructs.ts";
import { RunsInHand } from "./load/in-hand.ts";
import { type Made, makeKinds } from "./load/kinds.ts";
import { Load } from "./load/load.ts";
import { Signals } from "./load/signals.ts";
import { untilAllEnded } from "./until-all.ts";
import { judge } from "./verdict.ts";

const ENDS_MS = 120_000;

export interface Rehearsal {
  /** The test's file, from the root of the repository. */
  file: string;
  /** The test's name. */
  name: string;
  perSecond: number;
  /** It has shown nothing when fewer triggers were answered 200. */
  atLeast: number;
  settings?: DeploymentSettings;
  /** Whether every construct of the language, and all that clients can ask of runs, is among the load. */
  hasConstructs?: boolean;
}

export interface Stage extends Case {
  deployment: Deployment;
  sink: Sink;
  kinds: readonly Made[];
  load: Load;
}

export interface Done {
  /** How many faults of which kind there were, in words. */
  faults: string;
  /** Completed events that the broker had before its log was wiped. */
  earlierEvents?: Completed[];
}

/** Does what `act` does while triggers come steadily; then every run has to have ended as if nothing had been done. */
export async function rehearse(rehearsal: Rehearsal, act: (stage: Stage) => Promise<Done>): Promise<void> {
  const {
    file,
    name,
    perSecond,
    atLeast,
    settings = { env: { LEASE_SECONDS: "3" } },
    hasConstructs = false,
  } = rehearsal;
  await play(file, name, async (scene) => {
    const { folder } = scene;
    const deployment = await Deployment.up(settings);
    scene.keepsLogsOf(deployment);
    const sink = await Sink.start(folder);
    try {
      await watchFinalStates(deployment.sql);
      const api = new Client(deployment.url);
      const constructs = hasConstructs ? await makeConstructs(api, sink) : null;
      const { flow, undone, parent } = constructs ?? {};
      const kinds = [...(await makeKinds(api, sink)), ...[flow, undone, parent].filter((one) => one !== undefined)];
      const signals = new Signals(deployment.sql, () => deployment.url, flow?.workflow ?? null);
      const inHand = hasConstructs ? await RunsInHand.start(() => deployment.url) : null;
      const load = new Load({ url: () => deployment.url, kinds, folder, perSecond });
      load.start();
      const done = await act({ ...scene, deployment, sink, kinds, load }).finally(() => load.stop());
      await inHand?.stop();
      const endedMs = Math.round(await untilAllEnded(deployment.sql, ENDS_MS).finally(() => signals.stop()));
      const { earlierEvents = [] } = done;
      const others = inHand?.workflows ?? [];
      const { faults, ...counts } = await judge({ deployment, kinds, sink, folder, earlierEvents, constructs, others });
      faults.push(...((await inHand?.faults(deployment.sql)) ?? []));
      const counted = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
      const asked = inHand === null ? "" : `${inHand}; `;
      console.log(
        `${name}: ${done.faults}; ${load}; ${asked}the last ended ${endedMs} ms later; ${counted.join(", ")}`,
      );
      expect(faults).toEqual([]);
      expect(counts.accepted).toBeGreaterThanOrEqual(atLeast);
    } finally {
      await deployment.down();
      await sink.close();
    }
  });
}
