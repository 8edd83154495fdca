import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { CATALOGUE, type ImageName, type Service, buildContext, imageReference } from "../images/catalogue";
import { stackPrefix } from "../lib/names";

export interface ImagesArgs {
  /** Name of the stack. */
  readonly stack: string;
  /** Services that need an image. */
  readonly services: readonly Service[];
  /** Images to use instead of building them, as `repo:tag@sha256:…`. */
  readonly overrides: Readonly<Partial<Record<Service, string>>>;
}

/**
 * How long an image may take. The provider gives up after 20 minutes, which a busy machine with two cores was seen to
 * need for all images together; what was built until then would be kept, but the run fails.
 */
const PATIENCE: pulumi.CustomTimeouts = { create: "60m", update: "60m" };

/**
 * The images of all services: built by the engine from `images/<service>`, or pulled where overridden. The tag
 * holds a hash of the content, so an edited Dockerfile shows in a preview as a new image and a replaced container.
 */
export class Images extends pulumi.ComponentResource {
  private readonly references: ReadonlyMap<Service, string>;
  private readonly ids: ReadonlyMap<Service, pulumi.Output<string>>;

  public constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlflow-platform:images:Images", name, {}, opts);
    const { services } = args;
    const built = new Map<ImageName, docker.RemoteImage>();
    const build = (image: ImageName): docker.RemoteImage => {
      const { from } = CATALOGUE[image];
      const made = built.get(image) ?? this.build(name, args.stack, image, from && build(from));
      built.set(image, made);
      return made;
    };
    const images = services.map((service) => {
      const override = args.overrides[service];
      const image = override === undefined ? build(service) : this.pull(name, service, override);
      return [service, image] as const;
    });
    this.ids = new Map(images.map(([service, image]) => [service, image.imageId]));
    this.references = new Map(
      services.map((service) => [
        service,
        args.overrides[service] ?? imageReference(service, stackPrefix(args.stack)).reference,
      ]),
    );
    this.registerOutputs({ references: Object.fromEntries(this.references) });
  }

  /**
   * Reference of a service's image: the tag with its content hash, or the override.
   *
   * @throws Error when the service is not one of those that were asked for
   */
  public readonly reference = (service: Service): string => {
    const reference = this.references.get(service);
    if (reference === undefined) throw new Error(`no image was asked for ${service}`);
    return reference;
  };

  /**
   * Image id of a service; containers use it, so a moved tag changes nothing.
   *
   * @throws Error when the service is not one of those that were asked for
   */
  public readonly id = (service: Service): pulumi.Output<string> => {
    const id = this.ids.get(service);
    if (id === undefined) throw new Error(`no image was asked for ${service}`);
    return id;
  };

  private build(
    name: string,
    stack: string,
    image: ImageName,
    base: docker.RemoteImage | undefined,
  ): docker.RemoteImage {
    const namespace = stackPrefix(stack);
    const { from } = CATALOGUE[image];
    const { reference, contextHash } = imageReference(image, namespace);
    return new docker.RemoteImage(
      `${name}-${image}`,
      {
        name: reference,
        build: {
          context: buildContext(image),
          dockerfile: "Dockerfile",
          buildArgs: from === undefined ? {} : { BASE: imageReference(from, namespace).reference },
          // Through the engine's own API: every engine has it, while buildx is a plugin of the client.
          useLegacyBuilder: true,
          remove: true,
          forceRemove: true,
        },
        triggers: { content: contextHash },
        // Its layers are the cache of the next build, also of other stacks'.
        keepLocally: true,
      },
      { parent: this, dependsOn: base === undefined ? [] : [base], customTimeouts: PATIENCE },
    );
  }

  private pull(name: string, service: Service, reference: string): docker.RemoteImage {
    return new docker.RemoteImage(
      `${name}-${service}`,
      { name: reference, keepLocally: true },
      { parent: this, customTimeouts: PATIENCE },
    );
  }
}
