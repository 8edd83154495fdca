import type { Rule } from "../../rule";

/** Packages whose resources are made on some server: which one, only an explicit provider says. */
const WITH_SERVER = ["docker", "keycloak", "minio", "postgresql"];

/** Names that Pulumi gives to the providers it makes by itself. */
const DEFAULT_NAME = /^default(_|$)/;

export const explicitProviders: Rule = {
  name: "explicit-providers",
  area: "program",
  what: "Docker, Keycloak, MinIO and Postgres are reached through providers that the program declares.",
  why: "A default provider takes its address from the environment: it may deploy to another engine or another realm.",
  remedy: "Pass `provider` or `providers`, as components/platform.ts does.",
  check: ({ type, name, provider }) => {
    const declared = /^pulumi:providers:(.+)$/.exec(type)?.[1];
    if (declared !== undefined) {
      return WITH_SERVER.includes(declared) && DEFAULT_NAME.test(name)
        ? [`it is the default provider of ${declared}`]
        : [];
    }
    const [owner = ""] = type.split(":");
    return WITH_SERVER.includes(owner) &&
      provider !== undefined &&
      (provider === "" || DEFAULT_NAME.test(provider))
      ? [`it is made by the default provider of ${owner}`]
      : [];
  },
};
