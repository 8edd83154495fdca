import { plain } from "../../cli/engine/recovery/keycloakAdmin";
import { type State, resourcesOf } from "../../cli/engine/recovery/state";

/**
 * Takes a user's password away, as if it had not been given one yet.
 *
 * @param state - with secrets decrypted
 */
export async function takePassword(state: State, realm: string, username: string): Promise<void> {
  const provider = resourcesOf(state).find(({ type }) => type === "pulumi:providers:keycloak")?.inputs ?? {};
  const root = plain(provider["url"]) ?? "";
  const answer = await fetch(`${root}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "admin-cli",
      username: plain(provider["username"]) ?? "",
      password: plain(provider["password"]) ?? "",
    }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  const call = async <T>(path: string, method = "GET"): Promise<T> => {
    const response = await fetch(`${root}/admin/realms/${realm}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${access_token}` },
    });
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status}`);
    const body = await response.text();
    return (body === "" ? undefined : JSON.parse(body)) as T;
  };
  const users = await call<readonly { id: string }[]>(`users?exact=true&username=${username}`);
  for (const { id } of users) {
    for (const credential of await call<readonly { id: string }[]>(`users/${id}/credentials`)) {
      await call(`users/${id}/credentials/${credential.id}`, "DELETE");
    }
  }
}
