/** The settings of a stack that follow from the numbers of its processes. */

export interface Processes {
  apis: number;
  workers: number;
}

export interface Size {
  /** Of topics that are made. */
  partitions: number;
  /** Connections of each process to PgBouncer. */
  postgresPool: number;
  /** Connections that PgBouncer takes. */
  poolerClients: number;
  /** Connections of PgBouncer to PostgreSQL. */
  poolerConnections: number;
  /** Connections that PostgreSQL takes. */
  serverConnections: number;
}

/** Above so many processes each has fewer connections: a pool that is shared by more waits no longer. */
const FEW_PROCESSES = 6;
const POOL_OF_FEW = 6;
/** One of them is for reads. */
const POOL_OF_MANY = 4;
/** More transactions at once than this only wait for one another on a few cores. */
const MOST_POOLER_CONNECTIONS = 40;
const USUAL_POOLER_CLIENTS = 600;
const USUAL_SERVER_CONNECTIONS = 100;
/** Those of people and tools, and three that PostgreSQL keeps for superusers. */
const OTHER_CONNECTIONS = 12;

/** Of the three API and three worker processes that a stack has unless it is told otherwise. */
export const USUAL_SIZE = sizeOf({ apis: 3, workers: 3 });

/** What a stack of so many processes has. */
export function sizeOf({ apis, workers }: Processes): Size {
  const processes = apis + workers;
  const postgresPool = processes <= FEW_PROCESSES ? POOL_OF_FEW : POOL_OF_MANY;
  const wanted = processes * postgresPool;
  return {
    // A partition has one worker; a worker without one is left to the sweeper.
    partitions: workers <= 3 ? 3 : workers <= 12 ? 12 : 30,
    postgresPool,
    poolerClients: Math.max(USUAL_POOLER_CLIENTS, Math.ceil(wanted * 1.5)),
    poolerConnections: MOST_POOLER_CONNECTIONS,
    // Each process has one past PgBouncer while it starts, to migrate.
    serverConnections: Math.max(USUAL_SERVER_CONNECTIONS, MOST_POOLER_CONNECTIONS + processes + OTHER_CONNECTIONS),
  };
}
