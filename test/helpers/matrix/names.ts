/** Who takes part, known before anybody is made, so that each has a test of its own. */

/** Not let in: whoever they claim to be, MLflow answers 401. */
export const STRANGERS = [
  "anonymous",
  "in no group",
  "disabled member",
  "personal token of a disabled member",
  "personal token under another name",
  "personal token as bearer",
  "personal token with no name",
  "ID token",
  "foreign client, no audience",
  "foreign client, another audience",
  "expired token",
  "token of another realm",
  "alg=none",
  "alg=None, old signature",
  "HS256 by the realm's public key, PEM",
  "HS256 by the realm's public key, PKCS#1",
  "HS256 by the realm's public key, DER",
  "HS256 by the realm's public key, JWK",
  "HS256 by an empty key",
  "RS256 by another key, the realm's kid",
  "RS256 by another key, its JWK in the header",
  "RS256 by another key, no kid",
  "claims changed, signature kept",
  "RS256 by another key, another issuer",
] as const;

/** Let in, but not in team A. */
export const OUTSIDERS = [
  "member of B",
  "admin of B",
  "service account of B",
  "in no team",
  "ex-member",
  "ex-member, own things",
  "member of B with grants",
] as const;

/** In team A, or above all teams. */
export const INSIDERS = [
  "reader",
  "member",
  "member by personal token",
  "service account",
  "admin",
  "platform",
] as const;
