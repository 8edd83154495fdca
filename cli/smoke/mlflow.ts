import { z } from "zod";
import { type Caller, expectStatus, http, type HttpAnswer, type HttpRequest, jsonOf } from "./http";
import type { StackOutputs } from "./outputs";
import { clientTokens } from "./tokens";

const workspacesSchema = z.object({ workspaces: z.array(z.object({ name: z.string() })).default([]) });
const experimentSchema = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string().default(""),
  lifecycle_stage: z.string(),
  last_update_time: z.coerce.number().default(0),
});
const oneExperimentSchema = z.object({ experiment: experimentSchema });
const experimentsSchema = z.object({ experiments: z.array(experimentSchema).default([]) });
const cleanupSchema = z.looseObject({
  failed_runs: z.array(z.looseObject({ error: z.string() })).default([]),
  failed_experiments: z.array(z.looseObject({ error: z.string() })).default([]),
});

const grantsSchema = z.array(z.object({ name: z.string() }));

/** An experiment as MLflow's REST API gives it. */
export type Experiment = z.output<typeof experimentSchema>;

/** MLflow's REST API as one caller in one workspace. */
export class MlflowApi {
  /**
   * @param base - URL of MLflow, public or on the provider port
   * @param token - gives a bearer token; undefined for an anonymous caller
   * @param workspace - the team's workspace, sent with every call
   */
  public constructor(
    private readonly base: string,
    private readonly token: (() => Promise<string>) | undefined,
    private readonly workspace: string | undefined,
    private readonly caller: Caller = {},
  ) {}

  /** Makes one call. */
  public async call(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    const headers: Record<string, string> = {};
    if (this.token !== undefined) {
      headers["Authorization"] = `Bearer ${await this.token()}`;
    }
    if (this.workspace !== undefined) {
      headers["X-MLFLOW-WORKSPACE"] = this.workspace;
    }
    return http(`${this.base}${path}`, {
      ...request,
      headers,
      signal: this.caller.signal,
      reach: this.caller.reach,
    });
  }

  /** Names of the workspaces that the caller may enter. */
  public async workspaces(): Promise<string[]> {
    const answer = await this.call("/api/3.0/mlflow/workspaces");
    return workspacesSchema.parse(jsonOf(answer, "MLflow's workspaces")).workspaces.map(({ name }) => name);
  }

  /** @returns the experiment, deleted ones too, or undefined where there is none */
  public async experimentByName(name: string): Promise<Experiment | undefined> {
    const answer = await this.call("/api/2.0/mlflow/experiments/get-by-name", {
      query: { experiment_name: name },
    });
    if (answer.status === 404) {
      return undefined;
    }
    return oneExperimentSchema.parse(jsonOf(answer, `experiment ${name}`)).experiment;
  }

  /** @returns experiments of the workspace whose name begins with the prefix, deleted ones too */
  public async experimentsBeginningWith(prefix: string): Promise<Experiment[]> {
    const answer = await this.call("/api/2.0/mlflow/experiments/search", {
      method: "POST",
      json: { filter: `name LIKE '${prefix}%'`, view_type: "ALL", max_results: 1000 },
    });
    return experimentsSchema.parse(jsonOf(answer, "MLflow's experiments")).experiments;
  }

  /** Removes a registered model with its versions. */
  public async deleteModel(name: string): Promise<boolean> {
    const answer = await this.call("/api/2.0/mlflow/registered-models/delete", {
      method: "DELETE",
      json: { name },
    });
    expectStatus(answer, `removing the registered model ${name}`, [200, 404]);
    return answer.status === 200;
  }

  /**
   * Removes an experiment with its runs and artifacts for good: MLflow's own API only moves it to the trash,
   * from where the sign-on plugin's administrators empty it.
   */
  public async deleteExperiment(experiment: Experiment): Promise<void> {
    await this.deleteGrants(experiment);
    if (experiment.lifecycle_stage === "active") {
      const trashed = await this.call("/api/2.0/mlflow/experiments/delete", {
        method: "POST",
        json: { experiment_id: experiment.experiment_id },
      });
      expectStatus(trashed, `removing the experiment ${experiment.name}`, [200]);
    }
    const emptied = await this.call("/oidc/trash/cleanup", {
      method: "POST",
      query: { experiment_ids: experiment.experiment_id },
    });
    const what = `removing the experiment ${experiment.name} from the trash`;
    const { failed_runs, failed_experiments } = cleanupSchema.parse(jsonOf(emptied, what));
    const failure = [...failed_runs, ...failed_experiments][0];
    if (failure !== undefined) {
      throw new Error(`${what}: ${failure.error}`);
    }
  }

  /** The plugin grants an experiment to its creator, and forgets the grant not even when the experiment is gone. */
  private async deleteGrants({ name, experiment_id }: Experiment): Promise<void> {
    const base = "/api/2.0/mlflow/permissions";
    const answer = await this.call(`${base}/experiments/${experiment_id}/users`);
    for (const user of grantsSchema.parse(jsonOf(answer, `grants of the experiment ${name}`))) {
      const path = `${base}/users/${encodeURIComponent(user.name)}/experiments/${experiment_id}`;
      expectStatus(
        await this.call(path, { method: "DELETE" }),
        `removing a grant of the experiment ${name}`,
        [200, 404],
      );
    }
  }

  /** Removes a person's account in MLflow. */
  public async deleteUser(username: string): Promise<boolean> {
    const answer = await this.call("/api/2.0/mlflow/users", { method: "DELETE", json: { username } });
    expectStatus(answer, `removing MLflow's account ${username}`, [200, 404]);
    return answer.status === 200;
  }
}

/** MLflow's API as the platform's administrator, on the provider port: from outside NGINX refuses these calls. */
export function adminApi(
  outputs: StackOutputs,
  workspace: string | undefined,
  caller: Caller = {},
): MlflowApi {
  const issuer = `${outputs.providerEndpoints.keycloak}/realms/${encodeURIComponent(outputs.oidc.realm)}`;
  const token = clientTokens(issuer, outputs.credentials.provisioner, caller);
  return new MlflowApi(outputs.providerEndpoints.mlflow, token, workspace, caller);
}
