import type { Settings } from "../config/settings";
import { type Verdict, judge } from "./judge";
import { recordedResources } from "./recorded";
import { secretsIn } from "./secretValues";
import { stackFacts } from "./stack";
import type { Waiver } from "./waivers";

/**
 * Judges what this checkout's program would declare with some settings, without an engine, a state or a server: it
 * runs against Pulumi's mocks. What an engine adds, such as a provider's own defaults, is not seen.
 *
 * One call at a time: mocks are global to the process.
 *
 * @param today - day such as `2027-05-31`
 * @throws what the program throws
 */
export async function judgeProgram(
  settings: Settings,
  waivers: readonly Waiver[],
  today: string,
): Promise<Verdict> {
  // Pulumi and its providers take a second to load, which others who import this file do not need.
  const { record } = await import("./mocks/record.js");
  const { deploy } = await import("../components/platform.js");
  const recording = await record(() => deploy(settings), { stack: settings.stack });
  const resources = recordedResources(recording);
  const secrets = [...secretsIn(resources), settings.acme?.duckdns?.token ?? ""];
  return judge(resources, stackFacts(settings.stack, settings, secrets), waivers, today);
}
