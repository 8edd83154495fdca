import type { Check } from "../check";
import { KeycloakAdmin } from "../keycloak";
import { adminApi } from "../mlflow";
import { isExperimentName, isSmokePerson, LEFTOVER_MILLISECONDS, PREFIX } from "../names";
import { removeRun } from "./client";
import { removePerson } from "./people";

/**
 * Removes what killed runs left behind. Only what bears the smoke test's own names and is older than any run
 * can be: a run beside this one keeps its own.
 */
export const leftoversRemoved: Check = {
  id: "leftovers",
  title: "nothing is left of earlier runs that were killed",
  needs: [],
  async run(context) {
    const { outputs, signal } = context;
    const before = Date.now() - LEFTOVER_MILLISECONDS;
    const removed: (string | undefined)[] = [];
    const keycloak = new KeycloakAdmin(outputs, signal);
    try {
      for (const user of await keycloak.usersBeginningWith(PREFIX)) {
        if (isSmokePerson(user) && user.createdTimestamp < before) {
          removed.push(await removePerson(context, user.username));
        }
      }
    } finally {
      await keycloak.close();
    }
    for (const [team, { workspace }] of Object.entries(outputs.teams)) {
      for (const experiment of await adminApi(outputs, workspace, { signal }).experimentsBeginningWith(
        PREFIX,
      )) {
        if (isExperimentName(experiment.name) && experiment.last_update_time < before) {
          removed.push(await removeRun(context, team, experiment.name));
        }
      }
    }
    const done = removed.filter((item) => item !== undefined);
    return done.length === 0 ? undefined : `removed ${done.join(", ")}`;
  },
};
