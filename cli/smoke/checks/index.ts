import type { Check } from "../check";
import { accountSignsIn } from "./account";
import { consoleWithoutPassword, memberSeesExperiment, memberSignsOut, memberUsesTerminal } from "./browser";
import { clientLogs, objectInPlace } from "./client";
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

/** All checks in the order of a person's way through the platform. Cleaning up follows them. */
export const CHECKS: readonly Check[] = [
  leftoversRemoved,
  mlflowAnswers,
  authAnswers,
  s3Answers,
  consoleAnswers,
  accountSignsIn,
  clientLogs,
  objectInPlace,
  memberSeesExperiment,
  consoleWithoutPassword,
  memberUsesTerminal,
  memberSignsOut,
  anonymousRefused,
  outsiderRefused,
  outsiderTokenRefused,
  otherTeamRefused,
  otherTeamBucketRefused,
  workspaceKept,
];
