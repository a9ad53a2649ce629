/** The services that a process stands on, for its probes and metrics. */
import type { Logger } from "pino";
import type { Cache } from "./cache/port.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Messaging } from "./messaging/port.ts";
import {
  breakerOpen,
  monthsAhead,
  oldestDue,
  oldestOwed,
  opennessOf,
  owedEvents,
  partDegraded,
  partUp,
  queueRuns,
  retentionOverdue,
} from "./metrics/gauges.ts";
import type { Collector } from "./metrics/readings.ts";
import { HealthRecord } from "./services/health.ts";
import { type Part, ReadinessService } from "./services/readiness.ts";
import type { Replica } from "./storage/port/finding/replica.ts";
import type { Storage } from "./storage/port.ts";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

export interface Services {
  config: Config;
  storage: Storage;
  replica: Replica | null;
  messaging: Messaging;
  cache: Cache;
  clock: Clock;
  log: Logger;
}

/** The readiness of a process, and the rows that say whether its writes go through. */
export function readinessOf(options: Services): { readiness: ReadinessService; health: HealthRecord } {
  const health = new HealthRecord(options.storage, options.clock, options.log);
  return { readiness: new ReadinessService(partsOf(options, health), options.clock), health };
}

/** The same as metrics. */
export function partCollector(readiness: ReadinessService): Collector {
  return {
    name: "readiness",
    async read() {
      const states = Object.entries(await readiness.states());
      return states.flatMap(([part, state]) => [
        partUp.at({ part }, state === "down" ? 0 : 1),
        partDegraded.at({ part }, state === "degraded" ? 1 : 0),
      ]);
    },
  };
}

/** What is read of the services themselves. */
export function serviceCollectors({ config, storage, replica, messaging, cache, clock }: Services): Collector[] {
  const secondsSince = (time: number | null) => (time === null ? 0 : Math.max(0, clock.now() - time) / 1000);
  const database: Collector = {
    name: "database",
    async read() {
      return [oldestDue.at({}, secondsSince(await storage.nextDue(0)))];
    },
  };
  const figures: Collector = {
    name: "figures",
    async read() {
      const {
        due,
        asleep,
        waiting,
        inLine,
        paused,
        owed,
        oldestOwedAt,
        monthsAhead: months,
        oldestEndedAt,
      } = await storage.figures();
      const overdueSince = (oldestEndedAt ?? clock.now()) + config.RETENTION_DAYS * DAY_MILLISECONDS;
      return [
        queueRuns.at({ state: "due" }, due),
        queueRuns.at({ state: "asleep" }, asleep),
        queueRuns.at({ state: "waiting" }, waiting),
        queueRuns.at({ state: "in_line" }, inLine),
        queueRuns.at({ state: "paused" }, paused),
        ...(owed === null ? [] : [owedEvents.at({}, owed), oldestOwed.at({}, secondsSince(oldestOwedAt))]),
        ...(months === null ? [] : [monthsAhead.at({}, months)]),
        ...(config.RETENTION_DAYS === 0
          ? []
          : [retentionOverdue.at({}, Math.max(0, clock.now() - overdueSince) / 1000)]),
      ];
    },
  };
  const breakers: Collector = {
    name: "breakers",
    read: () => [
      ...(config.kafka === null ? [] : [breakerOpen.at({ breaker: "kafka" }, opennessOf(messaging.breaker()))]),
      ...(config.redis === null ? [] : [breakerOpen.at({ breaker: "redis" }, opennessOf(cache.breaker()))]),
    ],
  };
  return [
    database,
    figures,
    breakers,
    ...storage.collectors,
    ...(replica === null ? [] : [replica.collector]),
    ...messaging.collectors,
  ];
}

/** A broker or a cache that is out costs time alone: runs and reads go through the database. */
function partsOf({ config, storage, replica, messaging, cache }: Services, health: HealthRecord): Part[] {
  const database: Part = {
    name: config.postgres === null ? "sqlite" : "postgres",
    needed: true,
    // Reads may go through where writes do not: read-only, or without room.
    async check() {
      await Promise.all([storage.check(), health.check()]);
      return "up";
    },
    breaker: storage.breaker,
  };
  const kafka: Part = {
    name: "kafka",
    needed: false,
    async check() {
      if (!messaging.isUp()) throw new Error("Kafka does not answer");
      return messaging.isDegraded() ? "degraded" : "up";
    },
    breaker: () => messaging.breaker(),
  };
  const redis: Part = {
    name: "redis",
    needed: false,
    async check() {
      if (!cache.isUp()) throw new Error("Redis does not answer");
      return "up";
    },
    breaker: () => cache.breaker(),
  };
  const copy: Part[] =
    replica === null
      ? []
      : [{ name: "replica", needed: false, check: () => replica.check(), breaker: replica.breaker }];
  return [database, ...copy, ...(config.kafka === null ? [] : [kafka]), ...(config.redis === null ? [] : [redis])];
}
