import { existsSync, readFileSync } from "node:fs";
import { namesSecret } from "../../lib/secretNames";

/** What leads to a real backend or cloud, or to somebody's repository. */
const PLACES =
  /^(PULUMI_|AWS_|AZURE_|ARM_|GOOGLE_|GCLOUD_|GCP_|VAULT_|KUBE|GITHUB_|GH_|ACTIONS_|RUNNER_|MLFLOW_|INPUT_|DOCKER_|SSH_AUTH_SOCK$)/;
/** Where programs are cached is nobody's secret, and without it all of them would be built again. */
const KEPT = new Set(["MLFLOW_PLATFORM_CACHE_DIR"]);

/**
 * The environment of suites: without the backend, its passphrase, the engine of an environment, and every other secret. They run code of the change
 * under review, and a stack of a test must never land in somebody's backend.
 *
 * @param state - folder in which they may keep state
 */
export function suiteEnvironment(state: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => KEPT.has(name) || !(PLACES.test(name) || namesSecret(name)),
  );
  return { ...Object.fromEntries(kept), MLFLOW_PLATFORM_STATE_DIR: state };
}

/** Secrets that lie in the environment of this process, or in the files that it names. They are known, so never shown. */
export function secretsOfEnvironment(env: NodeJS.ProcessEnv = process.env): string[] {
  const values = Object.entries(env).flatMap(([name, value]) => (value && namesSecret(name) ? [value] : []));
  const file = env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  const backend = env["PULUMI_BACKEND_URL"] ?? "";
  return [
    ...values,
    ...(file !== undefined && existsSync(file) ? [readFileSync(file, "utf8").trim()] : []),
    // An address of a store may carry a key.
    ...(URL.canParse(backend) ? [new URL(backend).password] : []),
  ].filter((secret) => secret !== "");
}
