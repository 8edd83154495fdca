import type { BootstrapReporter } from "../bootstrap";
import { silentReporter } from "../bootstrap";
import { prepare } from "../engine/deploy";
import { preview } from "../engine/operations";
import { pulumi } from "../engine/pulumi";
import { readSettings } from "../engine/stack";
import { UserError } from "../errors";
import { timed } from "./command";
import { type Figure, figure } from "./figures";
import { median } from "./statistics";
import { TEAMS_STACK, type Throwaway, teamSettings } from "./throwaway";

/** Numbers of teams that are previewed: the middle one shows whether the work per team grows. */
const SIZES = [2, 51, 100] as const;
/** Ports that nothing listens on: nothing is deployed. */
const PORT_BASE = 9500;

/**
 * Previews stacks of more and more teams; nothing of them is deployed.
 *
 * @param runs - of each size
 */
export async function manyTeams(
  place: Throwaway,
  runs: number,
  reporter: BootstrapReporter,
): Promise<Figure[]> {
  return reporter.step("`preview` of 100 teams", (task) =>
    place.inside(async () => {
      const samples = new Map<number, number[]>(SIZES.map((size) => [size, []]));
      for (let run = 1; run <= runs; run += 1) {
        for (const size of SIZES) {
          task.progress(`${size} teams, run ${run} of ${runs}`);
          samples.get(size)?.push(await previewOf(place, size));
        }
      }
      const [few, half, all] = SIZES.map((size) => median(samples.get(size) ?? [])) as [
        number,
        number,
        number,
      ];
      return teamFigures(few, half, samples.get(SIZES[2]) ?? [all]);
    }),
  );
}

/**
 * @param few - seconds for the fewest teams
 * @param half - seconds for the middle number
 * @param all - seconds of each run with all teams
 */
export function teamFigures(few: number, half: number, all: readonly number[]): Figure[] {
  const most = median(all);
  const early = (half - few) / (SIZES[1] - SIZES[0]);
  const late = (most - half) / (SIZES[2] - SIZES[1]);
  return [
    figure("preview-100-teams", all),
    figure("per-team", [((most - few) / (SIZES[2] - SIZES[0])) * 1000]),
    figure("per-team-growth", [late / early]),
  ];
}

async function previewOf(place: Throwaway, teams: number): Promise<number> {
  place.configure(TEAMS_STACK, teamSettings(teams, PORT_BASE));
  const settings = readSettings(TEAMS_STACK);
  const stack = await prepare(settings, { reporter: silentReporter(), recover: false });
  try {
    return await timed(() => preview(stack, { say: () => undefined }));
  } finally {
    const { exitCode, stderr } = await pulumi(stack, ["stack", "rm", "--yes", "--preserve-config"]);
    if (exitCode !== 0) {
      throw new UserError(
        `The empty state of stack ${TEAMS_STACK} could not be removed: ${stderr.trim()}`,
        "npm run bench",
      );
    }
  }
}
