import type * as pulumi from "@pulumi/pulumi";
import { type Inputs, Managed, changedKeys } from "./managed";
import { type Connection, call } from "./mlflowApi";

/** Inputs of a grant, resolved. */
export interface GrantProps extends Connection {
  readonly workspace: string;
  /** Whether `holder` names a group or a user. */
  readonly kind: "group" | "user";
  readonly holder: string;
  readonly permission: "READ" | "EDIT" | "MANAGE";
}

function path(props: GrantProps): string {
  return `/api/3.0/mlflow/permissions/workspaces/${props.workspace}/${props.kind}s`;
}

function entry(props: GrantProps): Record<string, string> {
  return { [props.kind === "group" ? "group_name" : "username"]: props.holder, permission: props.permission };
}

async function put(props: GrantProps): Promise<void> {
  if (props.kind === "group") {
    // A group that nobody of has signed in yet is unknown to MLflow; making it twice is no error.
    await call(props, "POST", "/api/2.0/mlflow/permissions/groups", [200, 201, 409], {
      group_name: props.holder,
    });
  }
  const { status } = await call(props, "POST", path(props), [200, 201, 409], entry(props));
  if (status === 409) {
    await call(props, "PATCH", `${path(props)}/${props.holder}`, [200], entry(props));
  }
}

const provider: pulumi.dynamic.ResourceProvider<GrantProps, GrantProps> = {
  async create(props) {
    await put(props);
    return { id: `${props.workspace}/${props.kind}/${props.holder}`, outs: props };
  },
  async read(id, props) {
    if (props === undefined)
      throw new Error(`The grant ${id} has no stored address of MLflow to be read from.`);
    const { status, body } = await call(props, "GET", path(props), [200, 404]);
    const key = props.kind === "group" ? "group_name" : "username";
    const list = (Array.isArray(body) ? body : Object.values(body ?? {}).find(Array.isArray)) as
      Record<string, unknown>[] | undefined;
    const found = status === 404 ? undefined : list?.find((grant) => grant[key] === props.holder);
    if (found === undefined) return { id: "", props };
    return { id, props: { ...props, permission: String(found["permission"]) as GrantProps["permission"] } };
  },
  async diff(_id, olds, news) {
    const changed = changedKeys(olds, news);
    return {
      changes: changed.length > 0,
      replaces: changed.filter((key) => key === "workspace" || key === "kind" || key === "holder"),
    };
  },
  async update(_id, _olds, news) {
    await put(news);
    return { outs: news };
  },
  async delete(_id, props) {
    await call(props, "DELETE", `${path(props)}/${props.holder}`, [200, 204, 404]);
  },
};

/** What a group or a user may do in a workspace. */
export class Grant extends Managed<GrantProps> {
  public constructor(name: string, props: Inputs<GrantProps>, opts: pulumi.CustomResourceOptions) {
    super("Grant", provider, name, props, opts);
  }
}
