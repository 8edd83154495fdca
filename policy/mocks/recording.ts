/** Inputs or outputs of a resource. A secret keeps its envelope, see `secrets.ts`. */
export type Properties = Readonly<Record<string, unknown>>;

/** A name that a resource had before. Empty parts are those of the resource itself. */
export interface FormerName {
  /** A whole URN; the other parts are empty then. */
  readonly urn: string;
  readonly name: string;
  readonly type: string;
  /** URN of the former parent. */
  readonly parent: string;
  /** It lay directly below the stack. */
  readonly noParent: boolean;
}

/** One resource as the program asked the engine for it. */
export interface Recorded {
  /** Token such as `docker:index/container:Container`. */
  readonly type: string;
  /** Pulumi's logical name. */
  readonly name: string;
  readonly urn: string;
  /** `false` for components. */
  readonly custom: boolean;
  readonly inputs: Properties;
  /** URN of the parent. */
  readonly parent: string;
  /** URN of the provider that was given; empty for components and where a default provider serves. */
  readonly provider: string;
  /** URNs of what has to exist before: by `dependsOn` and by inputs, components resolved to their children. */
  readonly dependencies: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly replaceOnChanges: readonly string[];
  /** URN of the resource whose deletion deletes this one; empty for none. */
  readonly deletedWith: string;
  readonly additionalSecretOutputs: readonly string[];
  /** How long its creation may take, such as `60m`; empty for what the provider allows. */
  readonly createTimeout: string;
  /** By the option `aliases`. */
  readonly aliases: readonly FormerName[];
}

/** What a program declared, in questions that tests ask. */
export class Recording {
  /**
   * @param resources - every resource, components included, the stack itself not, in order of registration
   * @param stackOutputs - outputs of the stack
   * @param componentOutputs - outputs of components, by URN
   */
  public constructor(
    public readonly resources: readonly Recorded[],
    public readonly stackOutputs: Properties,
    public readonly componentOutputs: ReadonlyMap<string, Properties>,
  ) {
    this.byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  }

  private readonly byUrn: ReadonlyMap<string, Recorded>;

  /** The resources of providers, without components. */
  public get custom(): readonly Recorded[] {
    return this.resources.filter(({ custom }) => custom);
  }

  /**
   * All provider resources as `Type name`, sorted, such as `Container postgres-files`. The type is the last part of
   * the token; a provider is `provider:docker`.
   */
  public list(): string[] {
    return this.custom.map(({ type, name }) => `${shortType(type)} ${name}`).sort();
  }

  /** The provider resources of a short type, such as `Container` or `provider:docker`. */
  public ofType(type: string): readonly Recorded[] {
    return this.custom.filter((resource) => shortType(resource.type) === type);
  }

  /**
   * The one resource of a short type and name that a provider makes.
   *
   * @throws Error when there is none, or more than one
   */
  public get(type: string, name: string): Recorded {
    const all = this.ofType(type);
    const [found, ...more] = all.filter((resource) => resource.name === name);
    if (found === undefined || more.length > 0) {
      throw new Error(`There is not one ${type} ${name} among: ${all.map((it) => it.name).join(", ")}`);
    }
    return found;
  }

  /** The list of what lies below one component of the top level, by the component's name. */
  public listUnder(component: string): string[] {
    const below = (resource: Recorded): boolean => {
      const parent = this.parentOf(resource);
      return parent === undefined ? resource.name === component && !resource.custom : below(parent);
    };
    return this.custom
      .filter(below)
      .map(({ type, name }) => `${shortType(type)} ${name}`)
      .sort();
  }

  /** Identities that were declared more than once: mocks let them pass, an engine refuses the second. */
  public duplicates(): string[] {
    const keys = this.resources.map((resource) => `${this.typeChain(resource)}::${resource.name}`);
    return keys.filter((key, index) => keys.indexOf(key) !== index);
  }

  /** The parent; undefined when it is the stack. */
  public parentOf(resource: Recorded): Recorded | undefined {
    return this.byUrn.get(resource.parent);
  }

  /** The resource of a URN; undefined when it is the stack's, or of nothing that was declared. */
  public ofUrn(urn: string): Recorded | undefined {
    return this.byUrn.get(urn);
  }

  /**
   * Whether a resource is made only after another: by its dependencies, its provider, its parent, or theirs in turn.
   */
  public isAfter(later: Recorded, earlier: Recorded): boolean {
    const seen = new Set<string>();
    const open = [later.urn];
    for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
      if (seen.has(urn)) continue;
      seen.add(urn);
      const resource = this.byUrn.get(urn);
      if (resource === undefined) continue;
      open.push(...resource.dependencies, resource.provider, resource.parent);
    }
    return later.urn !== earlier.urn && seen.has(earlier.urn);
  }

  /** The qualified type of an engine's URN. */
  private typeChain(resource: Recorded): string {
    const parent = this.parentOf(resource);
    return parent === undefined ? resource.type : `${this.typeChain(parent)}$${resource.type}`;
  }
}

/** `docker:index/container:Container` → `Container`, `pulumi:providers:docker` → `provider:docker`. */
export function shortType(token: string): string {
  const last = token.split(":").at(-1) ?? token;
  return token.startsWith("pulumi:providers:") ? `provider:${last}` : last;
}
