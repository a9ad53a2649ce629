/** Prints the statements that this version keeps in the database: `bun src/storage/postgres/kept-statements.ts`. */
import { KEPT } from "./index.ts";

for (const { definition } of KEPT) process.stdout.write(`${definition};\n\n`);
