import type * as pulumi from "@pulumi/pulumi";
import { type Inputs, Managed, changedKeys } from "./managed";
import { type Connection, call } from "./mlflowApi";

/** Inputs of a workspace, resolved. */
export interface WorkspaceProps extends Connection {
  readonly name: string;
  readonly description: string;
  /** Where its artifacts go, such as `s3://mlflow-vision`; empty for MLflow's own proxied root. */
  readonly artifactRoot: string;
  /** `false`: its runs, models and artifacts go with it. Absent in the state of earlier versions, which kept all. */
  readonly retain?: boolean;
}

const PATH = "/api/3.0/mlflow/workspaces";

function settings(props: WorkspaceProps): Record<string, string> {
  return { description: props.description, default_artifact_root: props.artifactRoot };
}

/** Removes a workspace with everything in it, its artifacts in the shared bucket first: afterwards nothing names them. */
async function purge(id: string, props: WorkspaceProps): Promise<void> {
  if (props.artifactRoot === "") {
    // A run before may have removed it and been interrupted: then there is nothing more to find.
    const artifacts = `/api/2.0/mlflow-artifacts/artifacts/workspaces/${id}`;
    await call(props, "DELETE", artifacts, [200, 204, 404], undefined, id);
  }
  await call(props, "DELETE", `${PATH}/${id}?mode=CASCADE`, [200, 204, 404]);
}

/** MLflow leaves out what is empty. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const provider: pulumi.dynamic.ResourceProvider<WorkspaceProps, WorkspaceProps> = {
  async create(props) {
    const answer = await call(props, "POST", PATH, [200, 201, 400, 409], {
      name: props.name,
      ...settings(props),
    });
    if (answer.status >= 400) {
      // It is there already: made by an interrupted run, or kept when its team was removed.
      await call(props, "PATCH", `${PATH}/${props.name}`, [200], settings(props));
    }
    return { id: props.name, outs: props };
  },
  async read(id, props) {
    if (props === undefined)
      throw new Error(`The workspace ${id} has no stored address of MLflow to be read from.`);
    const { status, body } = await call(props, "GET", `${PATH}/${id}`, [200, 404]);
    if (status === 404) return { id: "", props: props };
    const found = body as { workspace?: Record<string, unknown> } & Record<string, unknown>;
    const workspace = found.workspace ?? found;
    return {
      id,
      props: {
        ...props,
        description: textOf(workspace["description"]),
        artifactRoot: textOf(workspace["default_artifact_root"]),
      },
    };
  },
  async diff(_id, olds, news) {
    const changed = changedKeys(olds, news);
    return { changes: changed.length > 0, replaces: changed.filter((key) => key === "name") };
  },
  async update(id, _olds, news) {
    await call(news, "PATCH", `${PATH}/${id}`, [200], settings(news));
    return { outs: news };
  },
  async delete(id, props) {
    if (props.retain === false) {
      await purge(id, props);
      return;
    }
    // A workspace that still holds experiments or models answers 500; it stays, without anybody's grants.
    await call(props, "DELETE", `${PATH}/${id}?mode=RESTRICT`, [200, 204, 404, 400, 409, 500]);
  },
};

/** An MLflow workspace: the room of one team. */
export class Workspace extends Managed<WorkspaceProps> {
  public constructor(name: string, props: Inputs<WorkspaceProps>, opts: pulumi.CustomResourceOptions) {
    super("Workspace", provider, name, props, opts);
  }
}
