import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import type { StackFacts } from "../../stack";
import { isLoopbackHost } from "../../addresses";
import { shownAddress, texts } from "../../values";

/** What is wrong with an address that people are sent to; undefined when nothing is. */
function fault(uri: string, stack: StackFacts): string | undefined {
  if (uri.includes("*")) return "is a pattern";
  if (!URL.canParse(uri)) return "is no complete address";
  const { protocol, hostname, username, hash } = new URL(uri);
  if (username !== "" || hash !== "") return "has a name or fragment in it";
  if (protocol === "https:") return undefined;
  if (protocol !== "http:") return `leads to another program (${protocol})`;
  return stack.development || isLoopbackHost(hostname) ? undefined : "is plain http to another machine";
}

/** Whether an origin, which scripts may come from, is exact. */
function originFault(origin: string, stack: StackFacts): string | undefined {
  // Keycloak's word for: the origins of the redirect URIs.
  return origin === "+" ? undefined : fault(origin, stack);
}

export const redirects: Rule = {
  name: "exact-redirects",
  area: "identity",
  what: "Redirect URIs and origins are exact and complete: no `*`, https, or http on this machine or in development.",
  why: "A pattern sends codes to whoever can make an address that fits it.",
  remedy: "List each address of the client in full, such as https://mlflow.example.com/callback.",
  types: [TYPES.client],
  check: ({ props }, stack) => [
    ...["validRedirectUris", "validPostLogoutRedirectUris"].flatMap((key) =>
      texts(props[key]).flatMap((uri) => {
        const wrong = fault(uri, stack);
        return wrong === undefined ? [] : [`${key}: ${shownAddress(uri)} ${wrong}`];
      }),
    ),
    ...texts(props["webOrigins"]).flatMap((origin) => {
      const wrong = originFault(origin, stack);
      return wrong === undefined ? [] : [`webOrigins: ${shownAddress(origin)} ${wrong}`];
    }),
  ],
};
