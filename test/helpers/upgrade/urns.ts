import type { Recorded, Recording } from "../recording";

/** What the engine tells resources of a stack apart by: the types from the top to the resource, and its name. */
interface Identity {
  /** Such as `mlflow-platform:postgres:Postgres$docker:index/volume:Volume`. */
  readonly types: string;
  readonly name: string;
}

/**
 * The URNs under which the engine looks for a resource in the state: its own first, then those of its aliases and of
 * the aliases of what it lies below. The mocks' own URNs know one parent only.
 *
 * @param stack - name of the stack
 */
export function urnsOf(recording: Recording, resource: Recorded, stack: string): [string, ...string[]] {
  const [own, ...former] = identities(recording, resource).map(
    ({ types, name }) => `urn:pulumi:${stack}::mlflow-platform::${types}::${name}`,
  );
  if (own === undefined) throw new Error(`${resource.name} has no URN`);
  return [own, ...new Set(former)];
}

function identities(recording: Recording, resource: Recorded): Identity[] {
  const { type, name, aliases } = resource;
  const parent = recording.parentOf(resource);
  const own = { type, name };
  const renamed = aliases
    .filter((alias) => alias.urn === "" && !alias.noParent && alias.parent === resource.parent)
    .map((alias) => ({ type: alias.type || type, name: alias.name || name }));
  const moved = aliases
    .filter((alias) => alias.urn === "" && (alias.noParent || alias.parent !== resource.parent))
    .flatMap((alias) => {
      const former = recording.ofUrn(alias.parent);
      const parents = former === undefined ? [fromUrn(alias.parent)] : identities(recording, former);
      const its = { type: alias.type || type, name: alias.name || name };
      return parents.map((found) => below(alias.noParent ? undefined : found, its));
    });
  const parents = parent === undefined ? [undefined] : identities(recording, parent);
  return [
    ...[own, ...renamed].flatMap((its) => parents.map((found) => inherited(found, parent?.name, its))),
    ...moved,
    ...aliases.flatMap(({ urn }) => (urn === "" ? [] : (fromUrn(urn) ?? []))),
  ];
}

/** A child of a renamed parent is looked for under the parent's former name, where its own begins with the new one. */
function inherited(
  parent: Identity | undefined,
  parentName: string | undefined,
  { type, name }: { readonly type: string; readonly name: string },
): Identity {
  const renamed =
    parent !== undefined && parentName !== undefined && name.startsWith(parentName)
      ? `${parent.name}${name.slice(parentName.length)}`
      : name;
  return below(parent, { type, name: renamed });
}

function below(
  parent: Identity | undefined,
  { type, name }: { readonly type: string; readonly name: string },
): Identity {
  return { types: parent === undefined ? type : `${parent.types}$${type}`, name };
}

/** Undefined for the stack, which stands in no URN. */
function fromUrn(urn: string): Identity | undefined {
  const [, , types = "", ...name] = urn.split("::");
  return types === "" || types === "pulumi:pulumi:Stack" ? undefined : { types, name: name.join("::") };
}
