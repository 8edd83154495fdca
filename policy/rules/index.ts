import type { Rule } from "../rule";
import { boundedLogs } from "./containers/boundedLogs";
import { droppedCapabilities } from "./containers/droppedCapabilities";
import { engineSocket } from "./containers/engineSocket";
import { healthChecks } from "./containers/healthChecks";
import { hostMounts } from "./containers/hostMounts";
import { hostNamespaces } from "./containers/hostNamespaces";
import { limits } from "./containers/limits";
import { noNewPrivileges } from "./containers/noNewPrivileges";
import { notPrivileged } from "./containers/notPrivileged";
import { notRoot } from "./containers/notRoot";
import { pinnedImages } from "./containers/pinnedImages";
import { publishedPorts } from "./containers/publishedPorts";
import { readOnlyRoot } from "./containers/readOnlyRoot";
import { restarts } from "./containers/restarts";
import { tls } from "./containers/tls";
import { protectedVolumes } from "./data/protectedVolumes";
import { roles } from "./database/roles";
import { grants } from "./identity/grants";
import { guardedRealm } from "./identity/guardedRealm";
import { lifetimes } from "./identity/lifetimes";
import { pkce } from "./identity/pkce";
import { redirects } from "./identity/redirects";
import { explicitProviders } from "./program/explicitProviders";
import { knownTypes } from "./program/knownTypes";
import { plainText } from "./secrets/plainText";
import { attachedPolicies } from "./storage/attachedPolicies";
import { publicBuckets } from "./storage/publicBuckets";
import { wildcards } from "./storage/wildcards";

/** All rules, in the order of docs/policy.md. */
export const RULES: readonly Rule[] = [
  knownTypes,
  explicitProviders,
  publishedPorts,
  tls,
  pinnedImages,
  healthChecks,
  limits,
  noNewPrivileges,
  droppedCapabilities,
  notPrivileged,
  notRoot,
  readOnlyRoot,
  hostNamespaces,
  hostMounts,
  engineSocket,
  boundedLogs,
  restarts,
  plainText,
  protectedVolumes,
  grants,
  pkce,
  redirects,
  lifetimes,
  guardedRealm,
  publicBuckets,
  wildcards,
  attachedPolicies,
  roles,
];
