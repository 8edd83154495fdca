import { randomBytes } from "node:crypto";

/** Label that marks containers of the smoke test. */
export const SMOKE_LABEL = "mlflow-platform.smoke";

/** Begins every name that the smoke test makes. */
export const PREFIX = "smoke-";

/**
 * Domain of the e-mail addresses of people made for the test. `.invalid` can never be a real one (RFC 2606),
 * which tells these people from anybody whose name happens to begin with `smoke-`.
 */
export const MAIL_DOMAIN = "smoke.invalid";

/** What a killed run left is removed by a later one when it is older than this: no run takes nearly as long. */
export const LEFTOVER_MILLISECONDS = 60 * 60 * 1000;

/** A new run's id. */
export function newRunId(): string {
  return randomBytes(6).toString("hex");
}

/** The run's experiment and registered model. */
export function experimentName(id: string): string {
  return `${PREFIX}${id}`;
}

/** Whether a name is one that {@link experimentName} gives. */
export function isExperimentName(name: string): boolean {
  return /^smoke-[0-9a-f]{12}$/.test(name);
}

/** Username of a person made for the run. */
export function personName(id: string, role: "member" | "outsider"): string {
  return `${PREFIX}${role}-${id}`;
}

/** Whether a Keycloak user is one that the smoke test made. */
export function isSmokePerson(user: {
  readonly username: string;
  readonly email?: string | undefined;
}): boolean {
  return (
    /^smoke-(member|outsider)-[0-9a-f]{12}$/.test(user.username) &&
    user.email === `${user.username}@${MAIL_DOMAIN}`
  );
}

/** A password that satisfies any usual policy: all kinds of characters, 192 random bits. */
export function newPassword(): string {
  return `${randomBytes(24).toString("base64url")}aA1!`;
}
