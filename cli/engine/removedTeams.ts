import type { EngineEvent } from "@pulumi/pulumi/automation";
import { z } from "zod";

/** A team that an operation takes away. */
export interface RemovedTeam {
  readonly name: string;
  /** Whether its bucket, runs and models stay. */
  readonly retained: boolean;
}

/** A team's workspace as the state holds it. Absent in the state of earlier versions, `retain` means yes. */
const workspaceSchema = z.object({ name: z.string(), retain: z.boolean().default(true) });

/** The team whose workspace an event says is removed; undefined for any other event. */
export function removedTeam({ resourcePreEvent }: EngineEvent): RemovedTeam | undefined {
  const { op, type, old } = resourcePreEvent?.metadata ?? {};
  if (op !== "delete" || type?.endsWith(":Workspace") !== true) return undefined;
  const { success, data } = workspaceSchema.safeParse(old?.inputs);
  return success ? { name: data.name, retained: data.retain } : undefined;
}

/**
 * What becomes of teams that are in the settings no longer, and how their data goes for good.
 *
 * @param again - the command that carries settings out
 * @param future - whether it is only a preview
 * @returns nothing where no team goes
 */
export function removedInWords(teams: readonly RemovedTeam[], again: string, future = false): string {
  const kept = teams.filter(({ retained }) => retained).map(({ name }) => name);
  const gone = teams.filter(({ retained }) => !retained).map(({ name }) => name);
  const [is, are] = future ? ["will be", "will be"] : ["is", "are"];
  const lines: string[] = [];
  if (kept.length > 0) {
    lines.push(
      `${named(kept)} ${kept.length === 1 ? is : are} removed: nobody can reach the workspace and the bucket any more, and everything in them is kept.`,
      `  To remove that for good: put the team back with \`retain: false\`, ${again}, take it out again, ${again}.`,
    );
  }
  if (gone.length > 0) {
    lines.push(
      `${named(gone)} ${gone.length === 1 ? is : are} removed with all runs, models and artifacts, as \`retain: false\` says. Old versions of artifacts in the shared bucket end within 30 days.`,
    );
  }
  return lines.join("\n");
}

function named(teams: readonly string[]): string {
  return `${teams.length === 1 ? "Team" : "Teams"} ${teams.join(", ")}`;
}
