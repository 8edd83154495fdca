import type { Recorded, Recording } from "./mocks/recording";
import { isSecret, opened } from "./mocks/secrets";
import type { Resource } from "./resource";
import { fields } from "./values";

/** The resources of a recording as rules see them. */
export function recordedResources(recording: Recording): readonly Resource[] {
  return recording.resources.map((recorded) => ({
    type: recorded.type,
    name: recorded.name,
    urn: recorded.urn,
    chain: chainOf(recording, recorded),
    props: fields(opened(recorded.inputs)),
    secrets: secretPaths(recorded.inputs),
    provider: recorded.custom ? (recorded.provider.split("::").at(-1) ?? "") : undefined,
    protect: recorded.protect,
    retainOnDelete: recorded.retainOnDelete,
  }));
}

/** Types from the top down. A mock's URN holds only the last two. */
function chainOf(recording: Recording, recorded: Recorded): string {
  const parent = recording.parentOf(recorded);
  return parent === undefined ? recorded.type : `${chainOf(recording, parent)}$${recorded.type}`;
}

function secretPaths(value: unknown, path = ""): readonly string[] {
  if (isSecret(value)) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) =>
    secretPaths(below, path === "" ? key : `${path}.${key}`),
  );
}
