import type { Rule } from "../../rule";
import { type Resource, TYPES } from "../../resource";
import { type Statement, readDocument } from "./document";

/** Where a policy may name buckets by pattern, with the reason. The pattern is always `mlflow-*`, never all buckets. */
const ALL_TEAMS: Readonly<Record<string, string>> = {
  "storage-policy-platform-admins":
    "the platform's administrators serve every team; a list would grow past the 20 KiB that the store allows",
  "storage-policy-mlflow-server": "with `artifacts: direct`, MLflow shows the artifacts of every team",
};

/** Rights on the store itself that a policy may hold, with the reason. */
const ADMINISTRATION: Readonly<Record<string, readonly string[]>> = {
  // It ends temporary credentials, and writes the policy that takes everything from somebody (decision 0019).
  "warden-store-policy": ["admin:CreatePolicy", "admin:GetPolicy", "admin:RemoveServiceAccount"],
};

/** Whether the program itself makes this policy: its name counts only with the components above it. */
const isOwn = ({ chain }: Resource): boolean =>
  /^mlflow-platform:(storage:Storage|warden:Warden)\$/.test(chain);

function wide(resource: string, byPattern: boolean): boolean {
  const [bucket = ""] = resource.replace(/^arn:aws:s3:::/i, "").split("/");
  if (!/[*?]/.test(bucket)) return false;
  return !(byPattern && bucket === "mlflow-*");
}

function faults({ keys, actions, resources }: Statement, name: string, own: boolean): string[] {
  const administration = own ? (ADMINISTRATION[name] ?? []) : [];
  const byPattern = own && name in ALL_TEAMS;
  const admin = (action: string): boolean => /^(admin|kms|sts):/i.test(action);
  return [
    ...["notaction", "notresource"]
      .filter((key) => keys.has(key))
      .map((key) => `it allows all but something (${key})`),
    ...actions.filter((action) => /[*?]/.test(action)).map((action) => `it allows ${action}`),
    ...actions
      .filter((action) => admin(action) && !/[*?]/.test(action) && !administration.includes(action))
      .map((action) => `it allows ${action}, a right on the store itself`),
    ...resources
      .filter((resource) => wide(resource, byPattern))
      .map((resource) => `it allows something on ${resource}`),
    ...(resources.length === 0 && !keys.has("notresource") && !actions.every(admin)
      ? ["it allows something on every bucket, since it names none"]
      : []),
  ];
}

export const wildcards: Rule = {
  name: "no-wildcard-policies",
  area: "storage",
  what: "Policies of the store name actions and buckets; only the administrators' and MLflow's own cover `mlflow-*`, only the warden's has rights on the store.",
  why: "With `s3:*` or all buckets, one team reads another one's artifacts, and can take policies away.",
  remedy:
    "List the actions and the team's bucket, as lib/policies.ts does. What denies may be as wide as it likes.",
  types: [TYPES.iamPolicy, TYPES.bucketPolicy],
  check: (resource) => {
    const { name, props } = resource;
    const document = readDocument(props["policy"]);
    if (document === "unknown") return [];
    if (document === "invalid") return ["its policy cannot be read"];
    const found = document
      .filter(({ allows }) => allows)
      .flatMap((statement) => faults(statement, name, isOwn(resource)));
    return [...new Set(found)];
  },
};
