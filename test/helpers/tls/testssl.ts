import { z } from "zod";
import { acmeImage } from "../acme/image";
import { runOnce } from "../containers";

/** Severities of testssl.sh that fail a test. */
const BAD = ["MEDIUM", "HIGH", "CRITICAL"];

const findings = z.array(z.object({ id: z.string(), severity: z.string(), finding: z.string() }));

/** A finding of testssl.sh. */
export type Finding = z.output<typeof findings>[number];

/** What testssl.sh said of a server. */
export interface TestsslReport {
  /** Such as `A+`. */
  readonly grade: string;
  /** Why the grade is not better, if there is a reason. */
  readonly gradeReasons: readonly string[];
  /** Findings of MEDIUM and worse that are not waived. */
  readonly bad: readonly Finding[];
  /** Those that are waived. */
  readonly waived: readonly Finding[];
  /** How much it looked at. */
  readonly all: readonly Finding[];
}

/**
 * Runs testssl.sh against this machine. It ends with 0 whatever it finds, so its report decides.
 *
 * @param url - of the site; its host leads to this machine
 * @param ca - that is trusted, PEM
 * @param waivers - ids of findings that a test's CA causes, each with the reason
 * @throws Error when it did not look at the server to the end
 */
export async function testssl(
  url: string,
  ca: string,
  waivers: Readonly<Record<string, string>>,
): Promise<TestsslReport> {
  const { hostname, port } = new URL(url);
  const script = [
    'printf %s "$CA" > /tmp/ca.pem',
    `testssl --quiet --warnings off --color 0 --nodns none --ip 127.0.0.1 --add-ca /tmp/ca.pem --jsonfile /tmp/report.json ${hostname}:${port} >&2`,
    "cat /tmp/report.json",
  ].join("\n");
  const { stdout, stderr } = await runOnce({
    Image: await acmeImage(),
    Cmd: ["bash", "-c", script],
    Env: [`CA=${ca}`],
    HostConfig: { NetworkMode: "host", ExtraHosts: [`${hostname}:127.0.0.1`] },
  });
  const all = findings.parse(JSON.parse(stdout || "[]"));
  const grade = all.find(({ id }) => id === "overall_grade")?.finding;
  if (grade === undefined) throw new Error(`testssl.sh did not come to its end: ${stderr.slice(-2000)}`);
  const bad = all.filter(({ severity }) => BAD.includes(severity));
  return {
    grade,
    gradeReasons: all.filter(({ id }) => id.startsWith("grade_cap_reason")).map(({ finding }) => finding),
    bad: bad.filter(({ id }) => waivers[id] === undefined),
    waived: bad.filter(({ id }) => waivers[id] !== undefined),
    all,
  };
}
