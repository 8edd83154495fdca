import { http, jsonOf } from "../../../cli/smoke/http";
import type { MlflowApi } from "../../../cli/smoke/mlflow";
import { ARTIFACT } from "./operations/artifacts";
import { SCORER } from "./operations/genai";
import { newTrace } from "./operations/traces";
import type { Spare, Target } from "./types";

/** Who and where a target is. */
export type Place = Pick<Target, "workspace" | "group" | "bucket" | "username" | "grantee" | "granteeGroup">;

let counter = 0;

/** Makes the things that operations are done to, each with the canary text in everything that takes a text. */
export class Maker {
  /**
   * @param api - MLflow as an administrator, in the team's workspace
   * @param base - address of MLflow for artifacts, and the token's source
   * @param canary - text that names, tags, parameters and contents carry
   */
  public constructor(
    private readonly api: MlflowApi,
    private readonly base: string,
    private readonly token: () => Promise<string>,
    private readonly canary: string,
  ) {}

  /**
   * Everything, for a team.
   *
   * @param given - what is there already; members may not make everything
   */
  public async target(place: Place, given: Partial<Target> = {}): Promise<Target> {
    const start = { ...EMPTY, ...place, ...given };
    let target: Target = { ...start, ...(await this.experiment()) };
    target = { ...target, ...(await this.run(target)) };
    await this.upload(target, `${target.folder}/${ARTIFACT}`);
    for (const spare of ["model", "prompt", "trace", "loggedModel", "dataset", "scorer"] as const) {
      target = { ...target, ...(await this.spare(spare, target)) };
    }
    for (const spare of ["issue", "schema", "queue", "mcp"] as const) {
      if (spare in given) continue;
      target = { ...target, ...(await this.spare(spare, target)) };
    }
    await this.upload(
      target,
      `workspaces/${target.workspace}/${target.experiment}/models/${target.loggedModel}/artifacts/${ARTIFACT}`,
    );
    await this.post("/api/2.0/mlflow/runs/log-batch", {
      run_id: target.run,
      params: [{ key: "canary", value: this.canary }],
      metrics: [{ key: "loss", value: 0.5, timestamp: 1, step: 0 }],
    });
    return target;
  }

  /** One thing anew, beside those of the target. */
  public async spare(spare: Spare, target: Target): Promise<Partial<Target>> {
    switch (spare) {
      case "experiment":
        return this.experiment();
      case "run":
        return this.run(target);
      case "model":
        return { model: await this.model(target) };
      case "prompt":
        return { prompt: await this.prompt() };
      case "trace":
        return this.trace(target);
      default:
        return this.smaller(spare, target);
    }
  }

  private async experiment(): Promise<Pick<Target, "experiment" | "experimentName">> {
    const experimentName = this.name();
    const { experiment_id: experiment } = await this.post<{ experiment_id: string }>(
      "/api/2.0/mlflow/experiments/create",
      { name: experimentName, tags: [{ key: "canary", value: this.canary }] },
    );
    return { experiment, experimentName };
  }

  private async run({ experiment, workspace }: Target): Promise<Pick<Target, "run" | "folder">> {
    const { run } = await this.post<{ run: { info: { run_id: string } } }>("/api/2.0/mlflow/runs/create", {
      experiment_id: experiment,
      run_name: this.name(),
      start_time: 1,
      tags: [{ key: "canary", value: this.canary }],
    });
    const id = run.info.run_id;
    return { run: id, folder: `workspaces/${workspace}/${experiment}/${id}/artifacts` };
  }

  private async model({ run, folder }: Target): Promise<string> {
    const name = this.name();
    await this.post("/api/2.0/mlflow/registered-models/create", {
      name,
      description: this.canary,
      tags: [{ key: "canary", value: this.canary }],
    });
    await this.post("/api/2.0/mlflow/model-versions/create", {
      name,
      source: `mlflow-artifacts:/${folder}`,
      run_id: run,
      tags: [{ key: "canary", value: this.canary }],
    });
    await this.post("/api/2.0/mlflow/registered-models/alias", { name, alias: "canary", version: "1" });
    return name;
  }

  private async prompt(): Promise<string> {
    const name = this.name();
    const mark = { key: "mlflow.prompt.is_prompt", value: "true" };
    await this.post("/api/2.0/mlflow/registered-models/create", { name, tags: [mark] });
    await this.post("/api/2.0/mlflow/model-versions/create", {
      name,
      source: "prompt-template",
      tags: [mark, { key: "mlflow.prompt.text", value: this.canary }],
    });
    return name;
  }

  private async trace(target: Target): Promise<Pick<Target, "trace" | "assessment">> {
    const trace = `tr-${this.name()}`;
    await this.post("/api/3.0/mlflow/traces", newTrace(target, trace, this.canary));
    const made = await this.post<{ assessment: { assessment_id: string } }>(
      `/api/3.0/mlflow/traces/${trace}/assessments`,
      {
        assessment: {
          assessment_name: "canary",
          trace_id: trace,
          source: { source_type: "HUMAN", source_id: "matrix" },
          feedback: { value: this.canary },
        },
      },
    );
    return { trace, assessment: made.assessment.assessment_id };
  }

  private async smaller(spare: Spare, target: Target): Promise<Partial<Target>> {
    const { experiment } = target;
    const name = this.name();
    const tags = [{ key: "canary", value: this.canary }];
    switch (spare) {
      case "loggedModel": {
        const made = await this.post<{ model: { info: { model_id: string } } }>(
          "/api/2.0/mlflow/logged-models",
          {
            ...{ experiment_id: experiment, name, source_run_id: target.run, tags },
          },
        );
        return { loggedModel: made.model.info.model_id };
      }
      case "dataset":
        return this.dataset(experiment, name);
      case "scorer":
        await this.post("/api/3.0/mlflow/scorers/register", {
          ...{ experiment_id: experiment, name, serialized_scorer: SCORER },
        });
        return { scorer: name };
      case "issue": {
        const made = await this.post<{ issue: { issue_id: string } }>("/api/3.0/mlflow/issues", {
          ...{ experiment_id: experiment, name, description: this.canary, status: "pending" },
        });
        return { issue: made.issue.issue_id };
      }
      case "schema": {
        const made = await this.post<{ label_schema: { schema_id: string } }>(
          "/api/3.0/mlflow/label-schemas/create",
          {
            experiment_id: experiment,
            name,
            type: "FEEDBACK",
            instruction: this.canary,
            input: { text: {} },
          },
        );
        return { schema: made.label_schema.schema_id, schemaName: name };
      }
      case "queue": {
        const made = await this.post<{ review_queue: { queue_id: string } }>(
          "/api/3.0/mlflow/review-queues/create",
          { experiment_id: experiment, name, queue_type: "CUSTOM" },
        );
        return { queue: made.review_queue.queue_id, queueName: name };
      }
      default: {
        const mcp = `io.example/${name}`;
        await this.post("/api/3.0/mlflow/mcp-servers", { name: mcp, description: this.canary });
        await this.post(`/api/3.0/mlflow/mcp-servers/${mcp}/tags`, { key: "canary", value: this.canary });
        // As the plugin does for whoever adds one.
        await this.post(`/api/2.0/mlflow/permissions/users/${target.username}/mcp-servers/${mcp}`, {
          permission: "MANAGE",
        });
        return { mcp };
      }
    }
  }

  private async dataset(experiment: string, name: string): Promise<Pick<Target, "dataset" | "record">> {
    const made = await this.post<{ dataset: { dataset_id: string } }>("/api/3.0/mlflow/datasets/create", {
      ...{ name, experiment_ids: [experiment], tags: JSON.stringify({ canary: this.canary }) },
    });
    const path = `/api/3.0/mlflow/datasets/${made.dataset.dataset_id}/records`;
    await this.post(path, { records: JSON.stringify([{ inputs: { question: this.canary } }]) });
    const listed = jsonOf(await this.api.call(path), "records of a dataset") as { records: string };
    const [record] = JSON.parse(listed.records) as { dataset_record_id: string }[];
    return { dataset: made.dataset.dataset_id, record: record?.dataset_record_id ?? "" };
  }

  /** Puts an artifact whose content is the canary text. */
  private async upload({ workspace }: Target, path: string): Promise<void> {
    const answer = await http(`${this.base}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${await this.token()}`, "X-MLFLOW-WORKSPACE": workspace },
      json: { content: this.canary },
    });
    jsonOf(answer, `uploading ${path}`);
  }

  private async post<T>(path: string, json: unknown): Promise<T> {
    return jsonOf(
      await this.api.call(path, { method: "POST", json }),
      `making something for the matrix: ${path}`,
      [200, 201],
    ) as T;
  }

  private name(): string {
    counter += 1;
    return `${this.canary}-${counter}`;
  }
}

const EMPTY: Target = {
  ...{ workspace: "", group: "", bucket: "", username: "", grantee: "", granteeGroup: "" },
  ...{
    experiment: "",
    experimentName: "",
    run: "",
    folder: "",
    model: "",
    prompt: "",
    trace: "",
    assessment: "",
  },
  ...{ loggedModel: "", dataset: "", record: "", scorer: "", issue: "", schema: "", schemaName: "" },
  ...{ queue: "", queueName: "", mcp: "", webhook: "00000000-0000-0000-0000-000000000000" },
};
