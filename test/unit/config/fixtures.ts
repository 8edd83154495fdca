import { type Fault, SettingsError } from "../../../config/faults";
import { parseSettings } from "../../../config/settings";

/** A valid person, to be changed by a test. */
export const ada = { username: "ada", email: "ada@example.com", firstName: "Ada", lastName: "Admin" };
/** Another valid person. */
export const vera = { username: "vera", email: "vera@example.com", firstName: "Vera", lastName: "Vision" };

/**
 * The error that a configuration gives.
 *
 * @throws Error when it gives none
 */
export function errorOf(raw: Readonly<Record<string, unknown>>, stack = "dev"): SettingsError {
  try {
    parseSettings(stack, raw);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(raw)} was accepted`);
}

/** The faults that a configuration has. */
export function faultsOf(raw: Readonly<Record<string, unknown>>, stack = "dev"): readonly Fault[] {
  return errorOf(raw, stack).faults;
}
