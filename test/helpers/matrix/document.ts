import { expectedOf } from "./expectations";
import { KIND_WORDS } from "./expectations";
import { INSIDERS, OUTSIDERS, STRANGERS } from "./names";
import { NOT_APPLICABLE, OPERATIONS } from "./operations";
import { BUCKET_ACTIONS, BUCKET_RIGHTS } from "./storage";
import { KINDS, type Role } from "./types";

const COLUMNS: readonly Role[] = ["stranger", "outsider", "reader", "member", "admin", "platform"];

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const bullets = (names: readonly string[]): string => names.map((name) => `* ${name}`).join("\n");

/** The tables of the isolation page, from what the test expects. */
export function isolationTables(): string {
  const counts = new Map(KINDS.map((kind) => [kind, OPERATIONS.filter((one) => one.kind === kind)]));
  const kinds = KINDS.map((kind) => [
    `${KIND_WORDS[kind]} (${counts.get(kind)?.length ?? 0})`,
    ...COLUMNS.map((role) => expectedOf(kind, role).words),
  ]);
  const buckets = Object.keys(BUCKET_ACTIONS).map((action) => [
    action,
    ...["outsider", "reader", "member", "admin"].map((role) =>
      BUCKET_RIGHTS[role]?.includes(action) === true ? "allowed" : "refused",
    ),
  ]);
  return `${table(["MLflow (operations)", ...COLUMNS], kinds)}

${table(["The team's bucket, by S3", "outsider", "reader", "member", "admin"], buckets)}

Strangers:

${bullets(STRANGERS)}

Outsiders:

${bullets(OUTSIDERS)}

Insiders:

${bullets(INSIDERS)}

Routes without cells:

${bullets([...NOT_APPLICABLE].map(([route, reason]) => `\`${route.trim()}\`: ${reason}`))}`;
}
