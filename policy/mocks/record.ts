import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type {
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb";
import { type Properties, type Recorded, Recording } from "./recording";
import { generated } from "./secrets";

export interface RecordOptions {
  /** Name of the stack. @default "dev" */
  readonly stack?: string;
  /** Run as a preview: ids and generated values are unknown. @default false */
  readonly preview?: boolean;
}

/**
 * Runs a program, or part of one, against Pulumi's mocks and records what it asks the engine for. Options are read
 * from the requests themselves: what a resource inherits from its parent is there, what the SDK drops is not.
 *
 * One call at a time: mocks are global to the process. What this cannot show is whether a provider accepts the inputs
 * (the toolchain tests do) and what an engine makes of them (the end-to-end tests do).
 *
 * @param program - declares resources; its result becomes the stack's outputs
 * @throws what the program throws
 */
export async function record(program: () => unknown, options: RecordOptions = {}): Promise<Recording> {
  const { stack = "dev", preview = false } = options;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => answer(type, name, inputs as Properties, preview),
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "mlflow-platform",
    stack,
    preview,
  );
  const resources: Recorded[] = [];
  const outputs = new Map<string, Properties>();
  const stackUrn = listen(resources, outputs);
  await pulumi.runtime.runInPulumiStack(async () => program());
  await pulumi.runtime.disconnect();
  const stackOutputs = outputs.get(stackUrn()) ?? {};
  return new Recording(resources, stackOutputs, outputs);
}

const STACK = "pulumi:pulumi:Stack";

/** The part of the mock monitor that is listened to. */
interface Monitor {
  registerResource: (
    request: RegisterResourceRequest,
    callback: (error: unknown, response?: { getUrn: () => string }) => void,
  ) => unknown;
  registerResourceOutputs: (request: RegisterResourceOutputsRequest, callback: unknown) => unknown;
}

/** Writes every request into the lists. Gives a way to learn the URN of the stack, once it is there. */
function listen(resources: Recorded[], outputs: Map<string, Properties>): () => string {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  let stackUrn = "";
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      const urn = response?.getUrn() ?? "";
      if (request.getType() === STACK) stackUrn = urn;
      else resources.push(read(request, urn));
      callback(error, response);
    });
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request, callback) => {
    outputs.set(request.getUrn(), properties(request.getOutputs()));
    registerOutputs(request, callback);
  };
  return () => stackUrn;
}

function read(request: RegisterResourceRequest, urn: string): Recorded {
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    custom: request.getCustom(),
    inputs: properties(request.getObject()),
    parent: request.getParent(),
    // The engine's reference is `<urn>::<id>`.
    provider: request.getProvider().split("::").slice(0, -1).join("::"),
    dependencies: request.getDependenciesList(),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    replaceOnChanges: request.getReplaceonchangesList(),
    deletedWith: request.getDeletedwith(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    createTimeout: request.getCustomtimeouts()?.getCreate() ?? "",
    aliases: request.getAliasesList().map((alias) => ({
      urn: alias.getUrn(),
      name: alias.getSpec()?.getName() ?? "",
      type: alias.getSpec()?.getType() ?? "",
      parent: alias.getSpec()?.getParenturn() ?? "",
      noParent: alias.getSpec()?.getNoparent() ?? false,
    })),
  };
}

function properties(struct: ReturnType<RegisterResourceRequest["getObject"]>): Properties {
  return struct === undefined ? {} : pulumi.runtime.deserializeProperties(struct, true);
}

/** The id that the mocks give to the image of a Pulumi name, in the form of real ones. */
export function imageIdOf(name: string): string {
  return `sha256:${createHash("sha256").update(name).digest("hex")}`;
}

/** What providers add to the inputs, as far as the program reads it. */
const COMPUTED: Readonly<Record<string, (name: string) => Record<string, unknown>>> = {
  "docker:index/remoteImage:RemoteImage": (name) => ({ imageId: imageIdOf(name) }),
  "random:index/randomPassword:RandomPassword": (name) => ({ result: pulumi.secret(generated(name)) }),
  "tls:index/privateKey:PrivateKey": (name) => ({ privateKeyPem: generated(name) }),
  "tls:index/selfSignedCert:SelfSignedCert": (name) => ({ certPem: `certificate ${name}` }),
  "tls:index/certRequest:CertRequest": (name) => ({ certRequestPem: `request ${name}` }),
  "tls:index/locallySignedCert:LocallySignedCert": (name) => ({
    certPem: `certificate ${name}`,
    validityEndTime: "2027-12-24T00:00:00Z",
  }),
  "keycloak:openid/client:Client": (name) => ({ serviceAccountUserId: `subject-of-${name}` }),
};

function answer(
  type: string,
  name: string,
  inputs: Properties,
  preview: boolean,
): { id: string | undefined; state: Record<string, unknown> } {
  return preview
    ? { id: undefined, state: { ...inputs } }
    : { id: `id-of-${name}`, state: { ...inputs, ...COMPUTED[type]?.(name) } };
}
