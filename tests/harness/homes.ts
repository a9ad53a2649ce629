/** Which files may import which library. */

/** Where adapters are chosen. */
export const ENTRIES = /^(src\/(assemble|main|migrate|program|readiness|scheduling|server|testing)|workers\/main)\.ts$/;
const READS_A_REPLICA =
  /^src\/((repositories|api)\/.+|storage\/postgres\/(index|replica)|assemble|server|readiness)\.ts$/;

/** Each library, the files that may import it, and whether its types are for all. */
export const HOMES: { library: RegExp; home: RegExp; types?: true }[] = [
  { library: /^(elysia|@elysiajs\/.+)$/, home: /^src\/api\// },
  { library: /^@marcbachmann\/cel-js$/, home: /^src\/language\/expressions\/parse\.ts$/, types: true },
  { library: /^croner$/, home: /^src\/language\/schedules\/cron\.ts$/ },
  { library: /^lru-cache$/, home: /^src\/lru\.ts$/ },
  { library: /^piscina$/, home: /^workers\/execution\/(threads|thread\/thread)\.ts$/ },
  { library: /^bun:sqlite$/, home: /^src\/(db|storage\/sqlite)\// },
  { library: /^postgres$/, home: /^src\/(db|storage\/postgres)\// },
  { library: /^kafkajs$/, home: /^src\/messaging\/kafka/ },
  { library: /^ioredis$/, home: /^src\/cache\/redis/ },
  { library: /^@opentelemetry\/.+$/, home: /^src\/tracing\/otlp\.ts$/ },
  { library: /^prom-client$/, home: /^src\/metrics\/exposition\.ts$/ },
  { library: /^pino$/, home: ENTRIES, types: true },
  { library: /^(preact|@(preact|codemirror|lezer)\/.+)$/, home: /^src\/page\// },
  // Nothing that decides a write knows of a replica.
  { library: /^src\/.*\/replica(-pool)?\.ts$/, home: READS_A_REPLICA },
];
