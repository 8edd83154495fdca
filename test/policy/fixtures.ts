import { type Resource, TYPES } from "../../policy/resource";
import type { Rule } from "../../policy/rule";
import type { StackFacts } from "../../policy/stack";
import type { Properties } from "../../policy/values";

/** Somebody's environment. */
export const PROD: StackFacts = { name: "prod", development: false, running: true, secrets: new Set() };
/** A stack for development. */
export const DEV: StackFacts = { ...PROD, name: "dev", development: true };

/** A resource of a type. */
export function resource(type: string, props: Properties, more: Partial<Resource> = {}): Resource {
  const { name = "it", chain = type } = more;
  const urn = `urn:pulumi:prod::mlflow-platform::${chain}::${name}`;
  return {
    ...{ type, name, chain, urn, props, secrets: [], provider: "own-provider", protect: false },
    retainOnDelete: false,
    ...more,
  };
}

/** What a container needs so that no rule has anything against it. */
export const GOOD: Properties = {
  image: `sha256:${"a".repeat(64)}`,
  envs: ["HOME=/tmp"],
  ports: [{ internal: 5432, external: 8090, ip: "127.0.0.1" }],
  networkMode: "mlflow-platform-prod",
  networksAdvanced: [{ name: "mlflow-platform-prod" }],
  volumes: [{ containerPath: "/data", volumeName: "mlflow-platform-prod-postgres-data" }],
  healthcheck: { tests: ["CMD", "http-ok", "9000", "/"] },
  memory: 512,
  memorySwap: 512,
  cpus: "1.0",
  readOnly: true,
  restart: "unless-stopped",
  securityOpts: ["no-new-privileges:true"],
  capabilities: { drops: ["ALL"] },
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
};

/** A good container, but for some inputs. */
export function container(props: Properties = {}, more: Partial<Resource> = {}): Resource {
  return resource(TYPES.container, { ...GOOD, ...props }, more);
}

/** NGINX's container, but for some inputs. */
export function nginx(props: Properties = {}, more: Partial<Resource> = {}): Resource {
  const chain = `mlflow-platform:nginx:Nginx$mlflow-platform:workload:Workload$${TYPES.container}`;
  return container(props, { name: "nginx-container", chain, ...more });
}

/** A companion: never started. */
export const COMPANION: Properties = {
  start: false,
  mustRun: false,
  restart: "no",
  networkMode: "none",
  ports: undefined,
  healthcheck: undefined,
  memory: undefined,
  cpus: undefined,
  readOnly: undefined,
};

/** What a rule finds. */
export function found(rule: Rule, of: Resource, stack: StackFacts = PROD): readonly string[] {
  return rule.check(of, stack);
}
