import {
  type KeyObject,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
} from "node:crypto";
import type { JsonWebKey } from "node:crypto";
import { z } from "zod";
import { http, jsonOf } from "../../../../cli/smoke/http";

const keysSchema = z.object({
  keys: z.array(
    z.looseObject({ kid: z.string(), kty: z.string(), alg: z.string().optional(), use: z.string() }),
  ),
});

/** The realm's public key that tokens are signed with. */
export async function realmKey(issuer: string): Promise<JsonWebKey & { kid: string }> {
  const answer = await http(`${issuer}/protocol/openid-connect/certs`);
  const key = keysSchema
    .parse(jsonOf(answer, "public keys of the realm"))
    .keys.find(({ alg, use }) => alg === "RS256" && use === "sig");
  if (key === undefined) throw new Error(`${issuer} shows no key for RS256`);
  return key;
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Parts of a token. */
function partsOf(token: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header = "", claims = ""] = token.split(".");
  const read = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  return { header: read(header), claims: read(claims) };
}

const byHmac = (input: string, secret: string | Buffer): string =>
  createHmac("sha256", secret).update(input).digest("base64url");
const byRsa = (input: string, key: KeyObject): string =>
  sign("sha256", Buffer.from(input), key).toString("base64url");

/**
 * Tokens that nobody has issued, all with the claims of a good one and a life of an hour.
 *
 * @param genuine - a token that is accepted
 * @param jwk - the public key that it is signed with
 * @returns by name
 */
export function forgedTokens(
  genuine: string,
  jwk: JsonWebKey & { kid: string },
): ReadonlyMap<string, string> {
  const { header, claims } = partsOf(genuine);
  const now = Math.floor(Date.now() / 1000);
  const payload = { ...claims, iat: now - 5, exp: now + 3600, jti: randomUUID() };
  const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ownJwk = { ...own.publicKey.export({ format: "jwk" }), kid: "own", alg: "RS256", use: "sig" };
  const pem = createPublicKey({ key: jwk, format: "jwk" });
  const make = (
    changed: Record<string, unknown>,
    signer: (input: string) => string,
    said: Record<string, unknown> = payload,
  ): string => {
    const input = `${encoded({ ...header, ...changed })}.${encoded(said)}`;
    return `${input}.${signer(input)}`;
  };
  const hs256 = (secret: string | Buffer): string => make({ alg: "HS256" }, (input) => byHmac(input, secret));
  const byOwn = (input: string): string => byRsa(input, own.privateKey);
  const [first = "", , last = ""] = genuine.split(".");
  return new Map([
    ["alg=none", make({ alg: "none" }, () => "")],
    ["alg=None, old signature", make({ alg: "None" }, () => last)],
    ["HS256 by the realm's public key, PEM", hs256(pem.export({ format: "pem", type: "spki" }))],
    ["HS256 by the realm's public key, PKCS#1", hs256(pem.export({ format: "pem", type: "pkcs1" }))],
    ["HS256 by the realm's public key, DER", hs256(pem.export({ format: "der", type: "spki" }))],
    ["HS256 by the realm's public key, JWK", hs256(JSON.stringify(jwk))],
    ["HS256 by an empty key", hs256("")],
    ["RS256 by another key, the realm's kid", make({}, byOwn)],
    ["RS256 by another key, its JWK in the header", make({ kid: "own", jwk: ownJwk }, byOwn)],
    ["RS256 by another key, no kid", make({ kid: undefined }, byOwn)],
    [
      "claims changed, signature kept",
      `${first}.${encoded({ ...payload, preferred_username: "ada" })}.${last}`,
    ],
    [
      "RS256 by another key, another issuer",
      make({}, byOwn, { ...payload, iss: "https://issuer.invalid/realms/x" }),
    ],
  ]);
}
