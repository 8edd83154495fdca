import type { Check } from "../check";
import { isSecure, type StackOutputs } from "../outputs";
import { accountSignsIn } from "./account";
import { consoleWithoutPassword, memberSeesExperiment, memberSignsOut, memberUsesTerminal } from "./browser";
import { clientLogs, objectInPlace } from "./client";
import { certificateValid, cookiesSecure, httpRedirects, strictTransport, unknownNameRefused } from "./https";
import { leftoversRemoved } from "./leftovers";
import {
  anonymousRefused,
  otherTeamBucketRefused,
  otherTeamRefused,
  outsiderRefused,
  outsiderTokenRefused,
  workspaceKept,
} from "./refused";
import { authAnswers, consoleAnswers, mlflowAnswers, s3Answers } from "./services";

/** Checks that mean something by https only. */
const HTTPS_CHECKS: ReadonlySet<Check> = new Set([
  certificateValid,
  httpRedirects,
  strictTransport,
  unknownNameRefused,
  cookiesSecure,
]);

/** All checks in the order of a person's way through the platform. Cleaning up follows them. */
export const CHECKS: readonly Check[] = [
  leftoversRemoved,
  certificateValid,
  httpRedirects,
  strictTransport,
  unknownNameRefused,
  mlflowAnswers,
  authAnswers,
  s3Answers,
  consoleAnswers,
  accountSignsIn,
  clientLogs,
  objectInPlace,
  memberSeesExperiment,
  consoleWithoutPassword,
  cookiesSecure,
  memberUsesTerminal,
  memberSignsOut,
  anonymousRefused,
  outsiderRefused,
  outsiderTokenRefused,
  otherTeamRefused,
  otherTeamBucketRefused,
  workspaceKept,
];

/** The checks that apply to a stack: by plain http there is no certificate to speak of. */
export function checksFor(outputs: StackOutputs): readonly Check[] {
  return isSecure(outputs) ? CHECKS : CHECKS.filter((check) => !HTTPS_CHECKS.has(check));
}
