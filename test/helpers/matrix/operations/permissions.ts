import type { Operation, Target } from "../types";
import { each, op } from "./define";

const BASE = "/api/2.0/mlflow/permissions";

/** Kinds of things that can be shared: part of the path, its placeholders, and their values. */
interface Shared {
  readonly kind: string;
  readonly keys: readonly (readonly [string, (t: Target) => string])[];
  /** Placeholders of the routes below `/groups` and of the lists, where they are called otherwise. */
  readonly otherKeys?: readonly string[];
  readonly patterns: string | undefined;
  /** Prefix of the lists of who has access. @default that of all routes */
  readonly base?: string;
}

const SHARED: readonly Shared[] = [
  { kind: "experiments", keys: [["experiment_id", (t) => t.experiment]], patterns: "experiment-patterns" },
  { kind: "registered-models", keys: [["name", (t) => t.model]], patterns: "registered-models-patterns" },
  {
    kind: "prompts",
    keys: [["name", (t) => t.prompt]],
    otherKeys: ["prompt_name"],
    patterns: "prompts-patterns",
  },
  {
    kind: "scorers",
    keys: [
      ["experiment_id", (t) => t.experiment],
      ["scorer_name", (t) => t.scorer],
    ],
    patterns: "scorer-patterns",
    base: "/api/3.0/mlflow/permissions",
  },
  ...["endpoints", "secrets", "model-definitions"].map((kind) => ({
    kind: `gateways/${kind}`,
    keys: [["name", () => "none"]] as const,
    patterns: `gateways/${kind}-patterns`,
  })),
  { kind: "mcp-servers", keys: [["name", (t) => t.mcp]], patterns: undefined },
];

/** Kinds whose grants the plugin lets only administrators see and change: the gateway is off. */
const ADMINISTERED = /^gateways/;
/** Users and groups that grants are asked for: callers try to let themselves in. */
const SUBJECTS = [
  ["users", "username", (t: Target) => t.grantee],
  ["groups", "group_name", (t: Target) => t.granteeGroup],
] as const;
const PATTERN = { regex: ".*", priority: 1, permission: "MANAGE" };

function exact(shared: Shared): Operation[] {
  return SUBJECTS.flatMap(([subjects, subject, who]) => {
    const names =
      subjects === "groups"
        ? (shared.otherKeys ?? shared.keys.map(([name]) => name))
        : shared.keys.map(([name]) => name);
    const values = (t: Target): Record<string, string> => ({
      [subject]: who(t),
      ...Object.fromEntries(names.map((name, index) => [name, shared.keys[index]?.[1](t) ?? ""])),
    });
    const path = `${BASE}/${subjects}/{${subject}}/${shared.kind}/${names.map((name) => `{${name}}`).join("/")}`;
    // Groups have no single grant to read but for the newer kinds.
    const readable = subjects === "users" || /gateways|mcp/.test(shared.kind);
    const verbs = ["POST", ...(readable ? ["GET"] : []), "PATCH", "DELETE"];
    const kind = ADMINISTERED.test(shared.kind) ? "platform" : "share";
    return verbs.map((verb) =>
      op(`${verb} ${path}`, kind, (t) => ({ path: values(t), json: { permission: "MANAGE" } }), {
        // A grant may be there or not, at which the plugin sometimes fails; the question is who hears of it.
        through: [404, 409, 500],
        note: "grant",
      }),
    );
  });
}

function patterns({ patterns: name }: Shared): Operation[] {
  if (name === undefined) return [];
  return SUBJECTS.flatMap(([subjects, subject, who]) => {
    const path = `${BASE}/${subjects}/{${subject}}/${name}`;
    const ask = (t: Target): { path: Record<string, string>; json: unknown } => ({
      path: { [subject]: who(t), id: "1" },
      json: PATTERN,
    });
    return [
      ...each([`GET ${path}`, `POST ${path}`, `PATCH ${path}/{id}`, `DELETE ${path}/{id}`], "platform", ask),
      // There is none of that number, which administrators alone hear.
      op(`GET ${path}/{id}`, "platform", ask, { through: [404, 500] }),
    ];
  });
}

function lists(shared: Shared): Operation[] {
  const base = shared.base ?? BASE;
  const names = shared.otherKeys ?? shared.keys.map(([name]) => name);
  const path = `${base}/${shared.kind}/${names.map((name) => `{${name}}`).join("/")}`;
  const values = (t: Target): Record<string, string> =>
    Object.fromEntries(names.map((name, index) => [name, shared.keys[index]?.[1](t) ?? ""]));
  const list = shared.kind === "scorers" ? `${base}/scorers/{experiment_id}` : `${base}/${shared.kind}`;
  return [
    // The plugin fails where an experiment is in another workspace; nothing is said of it.
    op(`GET ${list}`, "names", (t) => ({ path: { experiment_id: t.experiment } }), { through: [403, 500] }),
    ...["users", "groups"].map((who) => op(`GET ${path}/${who}`, "share", (t) => ({ path: values(t) }))),
    // What somebody holds. The plugin shows it to administrators, to the person, and to holders of MANAGE their part.
    ...SUBJECTS.map(([subjects, subject, who]) =>
      op(
        `GET ${BASE}/${subjects}/{${subject}}/${shared.kind}`,
        "names",
        (t) => ({ path: { [subject]: who(t) } }),
        {
          through: [403],
        },
      ),
    ),
  ];
}

/** The login plugin's permission API. */
export const PERMISSIONS: readonly Operation[] = [
  ...SHARED.flatMap((shared) =>
    [...lists(shared), ...exact(shared), ...patterns(shared)].map((operation) => ({
      ...operation,
      byName: shared.keys[0]?.[0] === "name",
    })),
  ),
  op(`GET ${BASE}/groups`, "names"),
  op(`POST ${BASE}/groups`, "platform", (_t, unique) => ({ json: { group_name: unique } })),
  op(`GET ${BASE}/groups/details`, "platform"),
  op(`GET ${BASE}/groups/{group_name}/users`, "names", (t) => ({ path: { group_name: t.group } }), {
    through: [403],
  }),
];
