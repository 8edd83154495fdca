import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { isSet, isTrue } from "../../values";

const FLOWS = {
  implicitFlowEnabled: "it allows the implicit grant, which puts tokens into addresses",
  directAccessGrantsEnabled: "it allows the password grant, which hands people's passwords to a program",
  oauth2JwtAuthorizationGrantEnabled: "it allows the JWT grant, which takes another issuer's tokens",
} as const;

export const grants: Rule = {
  name: "no-unsafe-grants",
  area: "identity",
  what: "No client of Keycloak allows the implicit grant, the password grant or the JWT grant.",
  why: "They give tokens away without the sign-in page, and with it without limits on guessing passwords.",
  remedy:
    "Use the standard flow with PKCE for people with a browser, the device flow in a terminal, a service account for programs.",
  types: [TYPES.client],
  check: ({ props }) => [
    ...Object.entries(FLOWS).flatMap(([key, what]) => (isTrue(props[key]) ? [what] : [])),
    ...(isSet(props["authenticationFlowBindingOverrides"])
      ? ["it replaces the realm's sign-in flows by its own"]
      : []),
  ],
};
