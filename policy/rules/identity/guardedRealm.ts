import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { type Properties, UNKNOWN, fields, isTrue, number, text } from "../../values";

/** Most wrong passwords before a wait. */
const MOST_FAILURES = 30;

/** Fewest letters that a rule for passwords has to ask for. */
const SHORTEST_PASSWORD = 8;

/** Whether wrong passwords lead to a wait. What is not said is Keycloak's own: 60 s more each time, 15 min at most. */
function slowsDown(defence: Properties): boolean {
  const waits = ["waitIncrementSeconds", "maxFailureWaitSeconds"].map((key) => number(defence[key]) ?? 1);
  return (number(defence["maxLoginFailures"]) ?? MOST_FAILURES) <= MOST_FAILURES && Math.min(...waits) > 0;
}

function asksForLength(policy: string): boolean {
  const [, length = "0"] = /\blength\((\d+)\)/.exec(policy) ?? [];
  return Number(length) >= SHORTEST_PASSWORD;
}

export const guardedRealm: Rule = {
  name: "guarded-realm",
  area: "identity",
  what: `The realm asks for https from outside, slows guessing down after at most ${MOST_FAILURES} failures, asks for passwords of ${SHORTEST_PASSWORD} letters, and nobody registers or renames themselves.`,
  why: "A name once given means the same person in MLflow too; and passwords would be guessed.",
  remedy: "Keep what components/identity/realm.ts says.",
  types: [TYPES.realm],
  check: ({ props }) => {
    const { sslRequired, securityDefenses, passwordPolicy } = props;
    const defence = fields(securityDefenses)["bruteForceDetection"];
    const unknown = securityDefenses === UNKNOWN || defence === UNKNOWN;
    const ssl =
      sslRequired === UNKNOWN || ["external", "all"].includes((text(sslRequired) ?? "").toLowerCase());
    return [
      ...(ssl ? [] : [`sslRequired is ${text(sslRequired) ?? "not set"}`]),
      ...(unknown || (defence !== undefined && slowsDown(fields(defence)))
        ? []
        : ["passwords can be guessed without a wait (securityDefenses.bruteForceDetection)"]),
      ...(passwordPolicy === UNKNOWN || asksForLength(text(passwordPolicy) ?? "")
        ? []
        : [`a password may have less than ${SHORTEST_PASSWORD} letters (passwordPolicy)`]),
      ...["registrationAllowed", "editUsernameAllowed"].flatMap((key) =>
        isTrue(props[key]) ? [`${key} is on`] : [],
      ),
    ];
  },
};
