import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Packages that Pulumi's SDK loads at once and a policy pack never calls: TypeScript, to take functions apart for
 * dynamic providers, and npm's own library, to find the packages such functions use. They take most of the time in
 * which the SDK is loaded.
 */
const UNUSED: ReadonlySet<string> = new Set(["typescript", "@npmcli/arborist"]);

/** Leaves them out from here on. A Node without such hooks (before 22.15) loads them, and is slower. */
export function leaveOutUnused(): void {
  // Older versions of Node do not have it, whatever its types say.
  const register = registerHooks as typeof registerHooks | undefined;
  const url = pathToFileURL(join(__dirname, "nothing.json")).href;
  register?.({
    resolve: (specifier, context, next) =>
      UNUSED.has(specifier) ? { url, format: "json", shortCircuit: true } : next(specifier, context),
  });
}
