import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { SettingsError } from "./faults";
import { type Settings, parseSettings } from "./settings";

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
      raw[key.slice(NAMESPACE.length)] = scalar(value);
    }
  }
  try {
    return parseSettings(pulumi.getStack(), raw);
  } catch (error) {
    // A RunError is shown as it reads, without a stack trace.
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

/** Pulumi hands every value over as text; lists and objects as JSON, which is YAML. */
function scalar(text: string): unknown {
  if (text === "") return "";
  try {
    return parse(text);
  } catch {
    // Text that is no YAML is no list, number or truth value either: the schema says what the key wants.
    return text;
  }
}
