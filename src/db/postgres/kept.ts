/** Column or parameter types of PostgreSQL that kept statements use. */
export type SqlType = "text" | "text[]" | "uuid" | "uuid[]" | "integer" | "float8" | "boolean";

/**
 * A statement whose plan PostgreSQL keeps: the body of a function in PL/pgSQL. Through a pooler that knows no prepared
 * statements, as PgBouncer 1.18, every other statement is parsed and planned anew each time, which takes longer than a small
 * batch.
 */
export interface KeptStatement {
  /** Calls it, with the parameters of its text. */
  call: string;
  /** With a part of the checksum of its text: processes of several versions use the same database. */
  name: string;
  /** Creates it. */
  definition: string;
}

/** A function of the database that does more than one statement, as its owner, who may change tables. The call gives a column "result". */
export function keptFunction(
  name: string,
  parameters: SqlType[],
  body: string,
  returns: "boolean" | "text" = "boolean",
): KeptStatement {
  return kept(
    name,
    parameters,
    "result",
    `(${parameters.join(", ")}) returns ${returns} language plpgsql security definer set search_path from current as $body$
#variable_conflict use_column
${body}
$body$`,
  );
}

/**
 * A condition that is always true of a number and lets the planner count on a row or two. The plan of a table that was small
 * is kept while it grows: each row of a batch has to be looked up in it, and no batch may be joined with itself.
 */
export const few = (number: string) => `${number} = ${number} + 0`;

/**
 * A condition on a table that is often empty, such as run_queue, whose rows only an index on the column can find. Said as "=", a table
 * that was empty when its rows were counted last is walked, and each of its rows compared with all of the batch.
 */
export const equals = (column: string, value: string) => `${column} = any(array[${value}])`;

/**
 * @param name what the function is called, before its checksum
 * @param parameters the types of `$1` and so on
 * @param columns what a row of the result holds, in order
 * @param first a statement that is carried out before: the text sees the rows that are there after it
 */
export function keptStatement(
  name: string,
  parameters: SqlType[],
  columns: Record<string, SqlType>,
  text: string,
  first = "",
): KeptStatement {
  const table = Object.entries(columns).map(([column, type]) => `"${column}" ${type}`);
  // A plan for any parameters, whichever partitions they lead to: those of another batch are left out when it begins. It walks indexes
  // in their order: planned while the table was empty, a bitmap of all that is due would be made, and sorted, for the first of them.
  return kept(
    name,
    parameters,
    "*",
    `(${parameters.join(", ")}) returns table (${table.join(", ")}) language plpgsql set enable_seqscan = off
set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $body$
#variable_conflict use_column
begin${first === "" ? "" : `\n  ${first};`}
  return query ${text};
end
$body$`,
  );
}

/**
 * A function that carries out a statement with the parameters `($1)[1]` and so on, and gives the one text of its one row. It is planned for
 * these parameters, and walks indexes in their order where that can be: whatever the planner thinks of how often a value occurs, a limit ends it.
 */
export function keptExecutor(name: string): KeptStatement {
  return kept(
    name,
    ["text", "text[]"],
    "result",
    `(statement text, parameters text[]) returns text language plpgsql ${IN_ORDER.map((setting) => `set ${setting} = off`).join(" ")} as $body$
declare
  result text;
begin
  execute statement into strict result using parameters;
  return result;
end
$body$`,
  );
}

/** The settings of an executor that are off. */
export const IN_ORDER = ["enable_seqscan", "enable_bitmapscan", "enable_sort"];

function kept(name: string, parameters: SqlType[], result: string, rest: string): KeptStatement {
  const checksum = new Bun.CryptoHasher("sha256").update(rest).digest("hex").slice(0, 12);
  const full = `${name}_${checksum}`;
  const values = parameters.map((type, index) => `$${index + 1}::${type}`);
  return {
    call:
      result === "*"
        ? `select * from ${full}(${values.join(", ")})`
        : `select ${full}(${values.join(", ")}) as ${result}`,
    name: full,
    definition: `create function ${full}${rest}`,
  };
}
