import { USERS_GROUP } from "../../../config/schema";
import { openWindow } from "../browser";
import type { Person, SmokeContext } from "../context";
import { KeycloakAdmin } from "../keycloak";
import { adminApi } from "../mlflow";
import { MAIL_DOMAIN, newPassword, personName } from "../names";

/**
 * Makes a person for this run, in Keycloak only, as an administrator would; MLflow makes its account at the
 * first sign-in. Both are removed at the end.
 *
 * @param team - the team's group that the person joins; undefined for somebody in no team
 */
export async function makePerson(
  context: SmokeContext,
  role: "member" | "outsider",
  team: string | undefined,
): Promise<Person> {
  const { outputs } = context;
  const username = personName(context.id, role);
  const password = newPassword();
  const group = team === undefined ? undefined : outputs.teams[team]?.group;
  context.cleanup.add(`user ${username}`, () => removePerson(context, username));
  const keycloak = new KeycloakAdmin(outputs, context.signal);
  try {
    await keycloak.createUser({
      username,
      password,
      email: `${username}@${MAIL_DOMAIN}`,
      groups: group === undefined ? [] : [group, USERS_GROUP],
    });
  } finally {
    await keycloak.close();
  }
  return { username, password, page: await openWindow(context) };
}

/** Removes a person made for a run: sessions and user in Keycloak, then the account in MLflow. */
export async function removePerson({ outputs }: SmokeContext, username: string): Promise<string | undefined> {
  const keycloak = new KeycloakAdmin(outputs);
  try {
    const user = await keycloak.findUser(username);
    if (user !== undefined) {
      await keycloak.deleteUser(user);
    }
    const account = await adminApi(outputs, undefined).deleteUser(username);
    return user !== undefined || account ? `user ${username}` : undefined;
  } finally {
    await keycloak.close();
  }
}
