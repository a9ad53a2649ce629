/**
 * Migrates the database and makes the months ahead, then ends. Every process does that at its start; an upgrade that does it
 * before replacing any process fails here, with all of them still at work, if the migration fails.
 */
import { openStorage } from "./assemble.ts";
import { loadConfig } from "./config.ts";
import { StartError } from "./errors.ts";
import { openLog, refuse } from "./program.ts";
import { onEndingSignals } from "./signals.ts";

if (import.meta.main) {
  // A migration under way is rolled back. Not 0: nothing was migrated.
  const end = () => process.exit(1);
  onEndingSignals({ first: end, second: end });
  try {
    const config = loadConfig(process.env);
    if (config.postgres === null) {
      throw new StartError(
        "`bun run migrate` needs PostgreSQL: set POSTGRES_HOST or DATABASE_URL; the file of embedded mode is migrated when it is opened",
      );
    }
    const log = openLog(config);
    const { storage } = await openStorage(config, log, false);
    await storage.close();
    log.info("migrated");
    process.exit(0);
  } catch (error) {
    refuse(error);
  }
}
