import * as pulumi from "@pulumi/pulumi";
import { SettingsError } from "./faults";
import { type Settings, parseSettings } from "./settings";
import { valueOf } from "./text";

const NAMESPACE = "mlflow-platform:";

/**
 * The settings of the running program, from the stack's configuration.
 *
 * @throws pulumi.RunError naming every fault at once
 */
export function loadSettings(): Settings {
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(NAMESPACE)) {
      raw[key.slice(NAMESPACE.length)] = valueOf(value);
    }
  }
  try {
    return parseSettings(pulumi.getStack(), raw);
  } catch (error) {
    // A RunError is shown as it reads, without a stack trace.
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}
