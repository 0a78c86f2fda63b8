// SQL text with its values written in, for statements that must travel as a file or a command.

/** A piece of SQL to be taken as it is, where a value is expected. */
export class Expression {
  constructor(sql) {
    this.sql = sql;
  }
}

/** A value as SQLite reads it. */
export function literal(value) {
  if (value === null || value === undefined) return "null";
  if (value instanceof Expression) return value.sql;
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value !== "string" || value.includes("\0")) throw new TypeError(`not a value for SQL: ${typeof value}`);
  return `'${value.replaceAll("'", "''")}'`;
}

/** Inserts one row, if the condition holds. */
export function insert(table, row, condition = "true") {
  const values = Object.values(row).map(literal);
  return `insert into ${table} (${Object.keys(row).join(", ")}) select ${values.join(", ")} where ${condition}`;
}
