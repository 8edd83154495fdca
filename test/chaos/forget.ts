import type { State, StateResource } from "../../cli/engine/recovery/state";
import { resourcesOf } from "../../cli/engine/recovery/state";

/** What lies in the services themselves, and what configures it. */
const IN_SERVICES = /^(keycloak|postgresql|minio|pulumi-nodejs):/;

/**
 * A state that has forgotten everything in the services, as an older copy of it would have. Whatever referred to it
 * does so no more, as the engine asks of a state.
 */
export function withoutServices(state: State): State {
  const forgotten = new Set(
    resourcesOf(state).flatMap(({ type, urn }) => (IN_SERVICES.test(type) ? [urn] : [])),
  );
  const known = (urns: unknown): string[] =>
    (Array.isArray(urns) ? (urns as string[]) : []).filter((urn) => !forgotten.has(urn));
  const kept = resourcesOf(state).filter(({ urn }) => !forgotten.has(urn)) as readonly References[];
  return {
    ...state,
    deployment: {
      ...state.deployment,
      resources: kept.map((resource) => ({
        ...resource,
        dependencies: known(resource.dependencies),
        propertyDependencies: Object.fromEntries(
          Object.entries(resource.propertyDependencies ?? {}).map(([key, urns]) => [key, known(urns)]),
        ),
      })),
    },
  };
}

/** References of a resource that recovery itself does not look at. */
type References = StateResource & {
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
};
