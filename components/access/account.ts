import type * as pulumi from "@pulumi/pulumi";
import { type Inputs, Managed, changedKeys } from "./managed";
import { type Connection, call } from "./mlflowApi";

/** Inputs of an account, resolved. */
export interface AccountProps extends Connection {
  readonly username: string;
  readonly displayName: string;
  /** Subject of the only tokens that open it. */
  readonly subject: string;
}

const PATH = "/api/2.0/mlflow/users";

async function remove(props: AccountProps): Promise<void> {
  await call(props, "DELETE", PATH, [200, 204, 404], { username: props.username });
}

async function make(props: AccountProps): Promise<number> {
  const { status } = await call(props, "POST", PATH, [200, 201, 409], {
    username: props.username,
    display_name: props.displayName,
    is_admin: false,
    is_service_account: true,
    service_account_source: "default",
    subject: props.subject,
  });
  return status;
}

const provider: pulumi.dynamic.ResourceProvider<AccountProps, AccountProps> = {
  async create(props) {
    if ((await make(props)) === 409) {
      // Left by an interrupted run, or bound to a client that was made anew. It holds grants only, which are
      // resources of their own; runs belong to the experiment.
      await remove(props);
      await make(props);
    }
    return { id: props.username, outs: props };
  },
  async read(id, props) {
    if (props === undefined)
      throw new Error(`The account ${id} has no stored address of MLflow to be read from.`);
    const { status } = await call(props, "GET", `${PATH}/${encodeURIComponent(id)}/identities`, [200, 404]);
    return status === 404 ? { id: "", props } : { id, props };
  },
  async diff(_id, olds, news) {
    const changed = changedKeys(olds, news);
    return {
      changes: changed.length > 0,
      replaces: changed.filter((key) => key === "username" || key === "displayName" || key === "subject"),
      deleteBeforeReplace: true,
    };
  },
  async update(_id, _olds, news) {
    return { outs: news };
  },
  async delete(_id, props) {
    await remove(props);
  },
};

/** MLflow's account of a Keycloak service account, bound to the subject of its tokens. */
export class Account extends Managed<AccountProps> {
  public constructor(name: string, props: Inputs<AccountProps>, opts: pulumi.CustomResourceOptions) {
    super("Account", provider, name, props, opts);
  }
}
