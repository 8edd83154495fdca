import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { type Caller, http, jsonOf } from "./http";

const tokenSchema = z.object({
  access_token: z.string(),
  expires_in: z.number(),
  /** Only for a person. */
  id_token: z.string().optional(),
});
const deviceSchema = z.object({
  device_code: z.string(),
  verification_uri_complete: z.url(),
  expires_in: z.number(),
  interval: z.number().default(5),
});
const claimsSchema = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
});

/** What a sign-in gives. */
export type Tokens = z.output<typeof tokenSchema>;
/** Claims of a token that the smoke test looks at. */
export type Claims = z.output<typeof claimsSchema>;

/** A token is renewed when less than this is left: MLflow and MinIO allow no clock difference. */
const MARGIN_MILLISECONDS = 60_000;

/**
 * Tokens of a service account by client credentials, renewed before they run out.
 *
 * @param issuer - the realm's URL
 * @param client - the service account's client
 */
export function clientTokens(
  issuer: string,
  client: { readonly clientId: string; readonly clientSecret: string },
  caller: Caller = {},
): () => Promise<string> {
  const { signal, reach } = caller;
  let current: { token: string; until: number } | undefined;
  return async () => {
    if (current === undefined || current.until < Date.now()) {
      const answer = await http(tokenUrl(issuer), {
        method: "POST",
        form: {
          grant_type: "client_credentials",
          client_id: client.clientId,
          client_secret: client.clientSecret,
        },
        signal,
        reach,
      });
      const token = tokenSchema.parse(jsonOf(answer, `client credentials of ${client.clientId} at Keycloak`));
      current = {
        token: token.access_token,
        until: Date.now() + token.expires_in * 1000 - MARGIN_MILLISECONDS,
      };
    }
    return current.token;
  };
}

/**
 * Signs a person in on the command line: RFC 8628 device flow with PKCE.
 *
 * @param approve - opens the given page in the person's browser and agrees
 * @returns the person's access token
 */
export async function deviceToken(
  issuer: string,
  clientId: string,
  approve: (page: string) => Promise<void>,
  caller: Caller = {},
): Promise<string> {
  return (await deviceTokens(issuer, clientId, approve, caller)).access_token;
}

/** As {@link deviceToken}, with the ID token. */
export async function deviceTokens(
  issuer: string,
  clientId: string,
  approve: (page: string) => Promise<void>,
  caller: Caller = {},
): Promise<Tokens> {
  const { signal, reach } = caller;
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const answer = await http(`${issuer}/protocol/openid-connect/auth/device`, {
    method: "POST",
    form: { client_id: clientId, scope: "openid", code_challenge: challenge, code_challenge_method: "S256" },
    signal,
    reach,
  });
  const device = deviceSchema.parse(jsonOf(answer, "device sign-in at Keycloak"));
  await approve(device.verification_uri_complete);
  const until = Date.now() + device.expires_in * 1000;
  for (;;) {
    const poll = await http(tokenUrl(issuer), {
      method: "POST",
      form: {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        client_id: clientId,
        device_code: device.device_code,
        code_verifier: verifier,
      },
      signal,
      reach,
    });
    if (poll.status === 400 && /authorization_pending|slow_down/.test(poll.text) && Date.now() < until) {
      // The protocol itself asks for this wait between two questions.
      await delay(device.interval * 1000, undefined, signal === undefined ? {} : { signal });
      continue;
    }
    return tokenSchema.parse(jsonOf(poll, "device sign-in at Keycloak"));
  }
}

/** Reads a token's claims. The signature is for MLflow and MinIO to check, not for this test. */
export function claimsOf(token: string): Claims {
  const payload = token.split(".")[1] ?? "";
  return claimsSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
}

/** Whether a token is meant for an audience. */
export function hasAudience(claims: Claims, audience: string): boolean {
  return [claims.aud ?? []].flat().includes(audience);
}

function tokenUrl(issuer: string): string {
  return `${issuer}/protocol/openid-connect/token`;
}
