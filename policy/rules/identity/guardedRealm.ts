import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, fields, isTrue, number, text } from "../../values";

/** Most wrong passwords before a wait. */
const MOST_FAILURES = 30;

export const guardedRealm: Rule = {
  name: "guarded-realm",
  area: "identity",
  what: `The realm asks for https from outside, slows guessing down after at most ${MOST_FAILURES} failures, has a rule for passwords, and nobody registers or renames themselves.`,
  why: "A name once given means the same person in MLflow too; and passwords would be guessed.",
  remedy: "Keep what components/identity/realm.ts says.",
  types: [TYPES.realm],
  check: ({ props }) => {
    const { sslRequired, securityDefenses, passwordPolicy } = props;
    const defence = fields(securityDefenses)["bruteForceDetection"];
    const failures = number(fields(defence)["maxLoginFailures"]) ?? MOST_FAILURES;
    const unknown = securityDefenses === UNKNOWN || defence === UNKNOWN;
    const ssl =
      sslRequired === UNKNOWN || ["external", "all"].includes((text(sslRequired) ?? "").toLowerCase());
    return [
      ...(ssl ? [] : [`sslRequired is ${text(sslRequired) ?? "not set"}`]),
      ...(unknown || (defence !== undefined && failures <= MOST_FAILURES)
        ? []
        : ["passwords can be guessed without a wait (securityDefenses.bruteForceDetection)"]),
      ...(passwordPolicy === UNKNOWN || (text(passwordPolicy) ?? "") !== ""
        ? []
        : ["any password will do (passwordPolicy)"]),
      ...["registrationAllowed", "editUsernameAllowed"].flatMap((key) =>
        isTrue(props[key]) ? [`${key} is on`] : [],
      ),
    ];
  },
};
