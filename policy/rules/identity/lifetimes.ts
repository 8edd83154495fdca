import type { Rule } from "../../rule";
import { TYPES } from "../../resource";
import { UNKNOWN, fields, isTrue, text } from "../../values";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Most seconds that things may live. */
const MOST = {
  accessTokenLifespan: 15 * MINUTE,
  accessTokenLifespanForImplicitFlow: 15 * MINUTE,
  accessCodeLifespan: 5 * MINUTE,
  accessCodeLifespanLogin: HOUR,
  accessCodeLifespanUserAction: HOUR,
  actionTokenGeneratedByUserLifespan: HOUR,
  actionTokenGeneratedByAdminLifespan: DAY,
  ssoSessionIdleTimeout: DAY,
  ssoSessionMaxLifespan: DAY,
  ssoSessionIdleTimeoutRememberMe: 30 * DAY,
  ssoSessionMaxLifespanRememberMe: 30 * DAY,
  clientSessionIdleTimeout: DAY,
  clientSessionMaxLifespan: DAY,
  offlineSessionIdleTimeout: 30 * DAY,
  offlineSessionMaxLifespan: 90 * DAY,
  clientOfflineSessionIdleTimeout: 30 * DAY,
  clientOfflineSessionMaxLifespan: 90 * DAY,
  oauth2DeviceCodeLifespan: 15 * MINUTE,
} as const;

/** Without these a realm has Keycloak's own, which another version may change. */
const REQUIRED = [
  "accessTokenLifespan",
  "ssoSessionIdleTimeout",
  "ssoSessionMaxLifespan",
  "offlineSessionIdleTimeout",
];

/** Keycloak's own names, by which `extraConfig` writes over the properties of a client. */
const EXTRA: Readonly<Record<string, keyof typeof MOST>> = {
  "access.token.lifespan": "accessTokenLifespan",
  "client.session.idle.timeout": "clientSessionIdleTimeout",
  "client.session.max.lifespan": "clientSessionMaxLifespan",
  "client.offline.session.idle.timeout": "clientOfflineSessionIdleTimeout",
  "client.offline.session.max.lifespan": "clientOfflineSessionMaxLifespan",
  "oauth2.device.code.lifespan": "oauth2DeviceCodeLifespan",
};

const UNITS: Readonly<Record<string, number>> = { h: HOUR, m: MINUTE, s: 1, ms: 0.001 };

/** Seconds of `5m`, `1h30m` or `300`; undefined for what is no time. */
export function seconds(time: string): number | undefined {
  if (/^-?\d+$/.test(time)) return Number(time);
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(time)) return undefined;
  return [...time.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)].reduce(
    (sum, [, count = "0", unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
}

function fault(key: keyof typeof MOST, value: unknown, shown: string): string[] {
  const time = text(value);
  if (time === undefined || time === "") return [];
  const lives = seconds(time);
  // Keycloak reads zero of a session as: the realm's; less than zero as: for ever.
  if (lives !== undefined && lives >= 0 && lives <= MOST[key]) return [];
  return [`${shown} is ${time}, at most ${MOST[key] / MINUTE} minutes are allowed`];
}

export const lifetimes: Rule = {
  name: "token-lifetimes",
  area: "identity",
  what: "Access tokens live 15 minutes at most, sessions a day, offline sessions 30 days; no client has more than that.",
  why: "A token that was stolen, or of somebody who has left, works until it ends.",
  remedy: "Set the times in components/identity/realm.ts; leave those of clients away.",
  types: [TYPES.realm, TYPES.client],
  check: ({ type, props }) => {
    const found = (Object.keys(MOST) as (keyof typeof MOST)[]).flatMap((key) => fault(key, props[key], key));
    if (type === TYPES.client) {
      const extra = fields(props["extraConfig"]);
      return [
        ...found,
        ...Object.entries(EXTRA).flatMap(([key, as]) => fault(as, extra[key], `extraConfig ${key}`)),
      ];
    }
    const missing = REQUIRED.filter((key) => props[key] !== UNKNOWN && (text(props[key]) ?? "") === "");
    const remembered = isTrue(props["rememberMe"]) ? ["ssoSessionMaxLifespanRememberMe"] : [];
    return [
      ...found,
      ...[...missing, ...remembered.filter((key) => props[key] === undefined)].map(
        (key) => `${key} is not set`,
      ),
    ];
  },
};
