/**
 * SQL about the partitions of workflow_runs and run_log, which are the same for both: "past", a month each, "after" and "beyond". Times
 * and uuids are SQL expressions.
 */

/**
 * Locks both tables before their partitions are replaced, which takes some milliseconds. It gives up after 50 and 20 ms, since
 * later statements wait behind it.
 */
export const LOCK = `set_config('lock_timeout', '50ms', true);
    lock table only workflow_runs in access exclusive mode;
    perform set_config('lock_timeout', '20ms', true);
    lock table only run_log in access exclusive mode`;

/** A bound of a partition of workflow_runs, from the catalog: "FROM" or "TO". */
export const boundOf = (
  partition: string,
  side: "FROM" | "TO",
) => `(select (regexp_match(pg_get_expr(relpartbound, oid),
      '${side} \\(''([0-9a-f-]+)''\\)'))[1]::uuid from pg_class where oid = '${partition}'::regclass)`;

/** The time in a uuid. */
export const timeOf = (uuid: string) =>
  `to_timestamp(('x' || left(replace((${uuid})::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;

/** The lowest uuid of a time. */
export const floorOf = (time: string) =>
  `(lpad(to_hex((extract(epoch from ${time}) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid`;

/** The month after that of a time; months are those of UTC. */
export const monthAfter = (time: string, months = "1") =>
  `(date_trunc('month', (${time}) at time zone 'UTC') + ${months} * interval '1 month') at time zone 'UTC'`;

/** The name of the month of a time. */
export const nameOf = (time: string) => `to_char((${time}) at time zone 'UTC', 'YYYY_MM')`;

/** The columns of workflow_runs that are written. */
export const COLUMNS = `(select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = 'workflow_runs'::regclass and attnum > 0 and not attisdropped and attgenerated = '')`;
