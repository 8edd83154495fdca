import { ADMINS_GROUP } from "../../../config/schema";
import { ADMINS_POLICY } from "../../../lib/names";
import type { Rule } from "../../rule";
import { type Resource, TYPES } from "../../resource";
import { fields, text } from "../../values";

/** Policies that the store has from its start. Each holds for all buckets. */
const BUILT_IN: ReadonlySet<string> = new Set([
  "consoleadmin",
  "readwrite",
  "readonly",
  "writeonly",
  "diagnostics",
]);

/** Names of the policies that are given: to an account of the store, or by the attribute `policy` in Keycloak's tokens. */
function attached({ type, props }: Resource): string[] {
  const given = type === TYPES.userPolicy ? props["policyName"] : fields(props["attributes"])["policy"];
  // `##` is how Keycloak's provider writes several values; the store takes apart what stands between commas.
  return (text(given) ?? "")
    .split(/##|,/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

export const attachedPolicies: Rule = {
  name: "no-built-in-policies",
  area: "storage",
  what: "Nobody gets a policy that the store has from its start, and only the administrators' group gets the administrators'.",
  why: "They hold for all buckets, or for the store itself, whatever the policies of the teams say.",
  remedy: "Give a group the policies of its team, as lib/teams.ts does.",
  types: [TYPES.userPolicy, TYPES.group, TYPES.user],
  check: (resource) => {
    const names = attached(resource);
    const administrators = resource.type === TYPES.group && text(resource.props["name"]) === ADMINS_GROUP;
    return [
      ...names
        .filter((name) => BUILT_IN.has(name.toLowerCase()))
        .map((name) => `${name} is a policy for all buckets`),
      ...(names.includes(ADMINS_POLICY) && !administrators
        ? [`${ADMINS_POLICY} is for the group ${ADMINS_GROUP} alone`]
        : []),
    ];
  },
};
