import { type State, resourcesOf } from "./state";

/** Milliseconds for one call. */
const TIMEOUT = 10_000;

/** What recovery asks Keycloak, as its administrator, at the address that the provider uses. */
export interface KeycloakAdmin {
  /**
   * The id of an object.
   *
   * @param path - list below the realm's administration, such as `groups?search=x`
   * @param key - property that has to be equal to `value`
   */
  find(realm: string, path: string, key: string, value: unknown): Promise<string | undefined>;
  /** Whether a user can sign in by anything at all. */
  hasCredentials(realm: string, user: string): Promise<boolean>;
  /** Sets a user's password. @param temporary - it has to be changed at the first login */
  setPassword(realm: string, user: string, password: string, temporary: boolean): Promise<void>;
}

/**
 * Signs in to Keycloak with what the state knows of its provider.
 *
 * @param state - with secrets decrypted
 * @param provider - URN of the provider
 * @throws Error when Keycloak does not answer or refuses
 */
export async function keycloakAdmin(state: State, provider: string): Promise<KeycloakAdmin> {
  const inputs = resourcesOf(state).find(({ urn }) => urn === provider)?.inputs ?? {};
  const [url, clientId, username, password, realm] = ["url", "clientId", "username", "password", "realm"].map(
    (key) => plain(inputs[key]),
  );
  const root = (url ?? "").replace(/\/$/, "");
  const token = await request<{ access_token: string }>(
    `${root}/realms/${realm ?? "master"}/protocol/openid-connect/token`,
    {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "password",
        client_id: clientId ?? "admin-cli",
        username: username ?? "",
        password: password ?? "",
      }),
    },
  );
  const call = <T>(name: string, path: string, method = "GET", body?: unknown): Promise<T> =>
    request(`${root}/admin/realms/${encodeURIComponent(name)}/${path}`, {
      method,
      headers: { Authorization: `Bearer ${token.access_token}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    async find(name, path, key, value) {
      const listed = await call<readonly Record<string, unknown>[]>(name, path);
      const id = listed.find((item) => item[key] === value)?.["id"];
      return typeof id === "string" ? id : undefined;
    },
    async hasCredentials(name, user) {
      return (await call<readonly unknown[]>(name, `users/${user}/credentials`)).length > 0;
    },
    async setPassword(name, user, value, temporary) {
      await call(name, `users/${user}/reset-password`, "PUT", { type: "password", value, temporary });
    },
  };
}

async function request<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
  const text = await response.text();
  // The address only: a body may hold a secret.
  if (!response.ok) throw new Error(`Keycloak answered ${response.status} to ${init.method ?? "GET"} ${url}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Key and value by which the engine marks a secret in an exported state. */
const SECRET_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270";

/**
 * A text of the state, out of the wrapping that marks it as a secret.
 *
 * @returns undefined for what is no text, or is still encrypted
 */
export function plain(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const { [SECRET_KEY]: mark, plaintext } = value as Record<string, unknown>;
  if (mark !== SECRET_VALUE || typeof plaintext !== "string") return undefined;
  const parsed: unknown = JSON.parse(plaintext);
  return typeof parsed === "string" ? parsed : undefined;
}
