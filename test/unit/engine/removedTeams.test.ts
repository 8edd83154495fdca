import { describe, expect, it } from "vitest";
import { Progress } from "../../../cli/engine/progress";
import { removedInWords } from "../../../cli/engine/removedTeams";
import { begins } from "./events";

const WORKSPACE = "pulumi-nodejs:dynamic/mlflow-platform:Workspace";

/** The teams that are seen to go when such steps begin on a workspace. */
function removed(op: string, inputs: object, type = WORKSPACE) {
  const event = begins(op, "access-vision", type);
  Object.assign(event.resourcePreEvent?.metadata ?? {}, { old: { inputs } });
  const progress = new Progress();
  progress.accept(event);
  return progress.summary().removedTeams;
}

describe("a team that goes", () => {
  it("is known by its workspace, with what becomes of its data", () => {
    expect(removed("delete", { name: "vision", retain: true })).toEqual([{ name: "vision", retained: true }]);
    expect(removed("delete", { name: "vision", retain: false })).toEqual([
      { name: "vision", retained: false },
    ]);
    // Of a version in which all data was kept.
    expect(removed("delete", { name: "vision" })).toEqual([{ name: "vision", retained: true }]);
  });

  it("is no other resource, and none that only changes", () => {
    expect(removed("delete", { name: "vision" }, "minio:index/s3Bucket:S3Bucket")).toEqual([]);
    expect(removed("update", { name: "vision", retain: true })).toEqual([]);
  });

  it("is told with the way to remove what it leaves", () => {
    const teams = [
      { name: "vision", retained: true },
      { name: "audio", retained: true },
      { name: "trial", retained: false },
    ];
    expect(removedInWords(teams, "npm run up -- --stack dev")).toBe(
      "Teams vision, audio are removed: nobody can reach the workspace and the bucket any more, and everything in them is kept.\n" +
        "  To remove that for good: put the team back with `retain: false`, npm run up -- --stack dev, take it out again, npm run up -- --stack dev.\n" +
        "Team trial is removed with all runs, models and artifacts, as `retain: false` says. Old versions of artifacts in the shared bucket end within 30 days.",
    );
    expect(removedInWords([], "npm run up")).toBe("");
    expect(removedInWords(teams.slice(0, 1), "npm run up", true)).toMatch(/^Team vision will be removed: /);
  });
});
