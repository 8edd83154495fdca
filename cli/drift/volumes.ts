import type Docker from "dockerode";
import { dataReason } from "../../lib/changes/data";
import { STACK_LABEL } from "../../lib/names";
import { NETWORK, type State, VOLUME, resourcesOf } from "../engine/recovery/state";
import type { Finding } from "./finding";
import { placeOf } from "./place";

/**
 * Volumes and networks that are gone, or whose name belongs to something else by now: the engine makes a volume by
 * itself, empty and without labels, for a container that is started with a name it does not know.
 */
export async function volumeFindings(engine: Docker, state: State, stack: string): Promise<Finding[]> {
  const resources = resourcesOf(state).filter(
    ({ type, delete: old }) => (type === VOLUME || type === NETWORK) && old !== true,
  );
  const found = await Promise.all(
    resources.map(async (resource): Promise<Finding[]> => {
      const { urn, type, id = "" } = resource;
      const labels = await (type === VOLUME ? engine.getVolume(id) : engine.getNetwork(id))
        .inspect()
        .then(
          ({ Labels }: { readonly Labels?: Readonly<Record<string, string>> | null }) => Labels ?? {},
          notThere,
        );
      if (labels?.[STACK_LABEL] === stack) return [];
      const lost = type === VOLUME ? dataReason(urn) : undefined;
      return [
        {
          ...{ urn, what: placeOf(resource), kind: labels === undefined ? "gone" : "foreign" },
          differences:
            labels === undefined
              ? []
              : [{ path: `label ${STACK_LABEL}`, ...given(labels[STACK_LABEL]), declared: stack }],
          ...(lost === undefined ? {} : { lost }),
        },
      ];
    }),
  );
  return found.flat();
}

function given(byHand: string | undefined): { readonly byHand?: string } {
  return byHand === undefined ? {} : { byHand };
}

function notThere(error: unknown): undefined {
  if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  return undefined;
}
