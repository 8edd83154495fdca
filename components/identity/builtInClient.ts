import * as pulumi from "@pulumi/pulumi";

/** Inputs of a look-up, resolved. */
export interface BuiltInClientProps {
  /** Keycloak on its loopback port, no trailing slash. */
  readonly url: string;
  /** Administrator of the realm `master`. */
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  /** The client's id as people write it. */
  readonly clientId: string;
}

/** Milliseconds for one call. */
const TIMEOUT = 30_000;

async function uuidOf(props: BuiltInClientProps): Promise<string | undefined> {
  const session = await fetch(`${props.url}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "admin-cli",
      username: props.username,
      password: props.password,
    }),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const { access_token: token } = (await session.json()) as { access_token?: string };
  if (token === undefined) {
    throw new Error(
      `Keycloak gave its administrator no token (HTTP ${session.status}), so the client ${props.clientId} cannot be ` +
        "looked up. Run `npm run status`, then `npm run up` again.",
    );
  }
  const answer = await fetch(
    `${props.url}/admin/realms/${props.realm}/clients?clientId=${encodeURIComponent(props.clientId)}`,
    { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(TIMEOUT) },
  );
  if (answer.status === 404) return undefined;
  if (!answer.ok) {
    throw new Error(`Keycloak refused to look up the client ${props.clientId} (HTTP ${answer.status}).`);
  }
  const [found] = (await answer.json()) as { id: string }[];
  return found?.id;
}

const provider: pulumi.dynamic.ResourceProvider<BuiltInClientProps, BuiltInClientProps> = {
  async create(props) {
    const id = await uuidOf(props);
    if (id === undefined) {
      throw new Error(
        `The realm ${props.realm} has no client ${props.clientId}, which Keycloak itself makes.`,
      );
    }
    return { id, outs: props };
  },
  async read(id, props) {
    if (props === undefined) throw new Error(`The client ${id} has no stored address to be read from.`);
    return { id: (await uuidOf(props)) === id ? id : "", props };
  },
  async diff(_id, olds, news) {
    const keys = ["url", "username", "password", "realm", "clientId"] as const;
    return {
      changes: keys.some((key) => olds[key] !== news[key]),
      replaces: keys.filter((key) => (key === "realm" || key === "clientId") && olds[key] !== news[key]),
    };
  },
  async update(_id, _olds, news) {
    return { outs: news };
  },
  // Nothing was made, so nothing is removed.
  async delete() {},
};

/**
 * A client that Keycloak makes in every realm, for its id: the roles of `realm-management` are given by it. Keycloak
 * lets nobody change that client, so it cannot be a resource of the provider, which writes what it takes in; and a
 * look-up on each run would need a running Keycloak for every preview.
 */
export class BuiltInClient extends pulumi.dynamic.Resource {
  public constructor(
    name: string,
    props: { readonly [Key in keyof BuiltInClientProps]: pulumi.Input<BuiltInClientProps[Key]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    const secret = { ...opts, additionalSecretOutputs: ["password"] };
    super(provider, name, { ...props }, secret, "mlflow-platform", "BuiltInClient");
  }
}
