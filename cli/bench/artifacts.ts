import type { StepTask } from "../bootstrap";
import { ARTIFACT_BUCKET } from "../../lib/names";
import { adminS3, removeObjects } from "../smoke/objects";
import type { StackOutputs } from "../smoke/outputs";
import { type Figure, figure } from "./figures";
import { median, pairwise } from "./statistics";
import { type Subject, newRun } from "./subject";
import { download, upload } from "./transfer";

export interface ArtifactOptions {
  readonly rounds: number;
  /** Size of the artifact. */
  readonly mebibytes: number;
}

/** MiB per second, medians over the rounds. */
export interface ArtifactSummary {
  readonly name: Subject["name"];
  readonly upload: number;
  readonly download: number;
}

export interface ArtifactResult {
  readonly figures: readonly Figure[];
  readonly servers: readonly ArtifactSummary[];
}

/**
 * Sends an artifact through NGINX and straight to MLflow, in turn, and reads it back.
 *
 * @param subjects - through NGINX, and without
 */
export async function measureArtifacts(
  outputs: StackOutputs,
  subjects: readonly [Subject, Subject],
  options: ArtifactOptions,
  task: StepTask,
): Promise<ArtifactResult> {
  const uploads = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
  const downloads = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      task.progress(`round ${round + 1} of ${options.rounds}: ${subject.name}`);
      const { artifactUri } = await newRun(subject);
      const path = artifactUri.replace(/^mlflow-artifacts:\/+/, "");
      const url = `${subject.base}/api/2.0/mlflow-artifacts/artifacts/${path}/data.bin`;
      const headers = await subject.headers();
      uploads.get(subject)?.push(await upload(url, headers, options.mebibytes));
      downloads.get(subject)?.push(await download(url, headers, options.mebibytes));
      // At once: rounds of large objects would fill the disk.
      await removeObjects(adminS3(outputs), { bucket: ARTIFACT_BUCKET, prefix: `${path}/` });
    }
  }
  const [proxied, direct] = subjects;
  const of = (results: Map<Subject, number[]>, subject: Subject): number[] => results.get(subject) ?? [];
  const ratio = (results: Map<Subject, number[]>): number[] =>
    pairwise(of(results, proxied), of(results, direct), (through, straight) => (100 * through) / straight);
  return {
    figures: [figure("upload-ratio", ratio(uploads)), figure("download-ratio", ratio(downloads))],
    servers: subjects.map((subject) => ({
      name: subject.name,
      upload: median(of(uploads, subject)),
      download: median(of(downloads, subject)),
    })),
  };
}
