import { describe, expect, it } from "vitest";
import { outputLines } from "../../../cli/outputs/lines";
import { outputsOfTeam } from "../../../cli/outputs/team";
import { openOutputsSchema } from "../../../lib/outputs";
import { twoTeams } from "./fixtures";

const ALL = twoTeams();
const OPEN = openOutputsSchema.parse(ALL);

describe("the outputs of one team", () => {
  it("have the form of all outputs, with its own things only", () => {
    const own = outputsOfTeam(OPEN, "language", "dev");
    expect(own).toEqual({
      ...{ outputsVersion: ALL.outputsVersion, urls: ALL.urls, oidc: ALL.oidc, s3: ALL.s3 },
      certificates: ALL.certificates,
      teams: { language: ALL.teams["language"] },
      clientEnv: { MLFLOW_TRACKING_URI: "http://localhost:8080", MLFLOW_WORKSPACE: "language" },
    });
    expect(JSON.stringify(own)).not.toMatch(/vision|not-a-real/);
  });

  it("have the secrets of its own service accounts, and no others, where secrets were read", () => {
    const { credentials } = outputsOfTeam(ALL, "language", "dev");
    expect(credentials).toEqual({
      serviceAccounts: { "language-ci": ALL.credentials.serviceAccounts["language-ci"] },
    });
  });

  it("are an error for a team that is not there, naming those that are", () => {
    expect(() => outputsOfTeam(ALL, "audio", "dev")).toThrow("no team audio; there are: language, vision.");
  });
});

describe("the table of outputs", () => {
  const lines = (outputs: object): string[] =>
    outputLines({ ...outputs }).map(([name, text]) => `${name}|${text}`);

  it("shows each value below its output, and that there are secrets", () => {
    expect(lines(OPEN)).toEqual(
      expect.arrayContaining([
        "urls|What people open; no slash at the end",
        "  mlflow|http://localhost:8080",
        "  language|",
        "    bucket|mlflow-language",
        "    serviceAccounts|language-ci reader",
        "credentials|secret; --show-secrets shows it",
      ]),
    );
    expect(lines(OPEN).join("\n")).not.toContain("not-a-real");
  });

  it("shows secrets where they were read", () => {
    expect(lines(ALL)).toContain("      clientSecret|not-a-real-secret-7");
    expect(lines(ALL).join("\n")).not.toContain("--show-secrets");
  });

  it("keeps a certificate to one line", () => {
    const certificates = {
      mode: "self-signed",
      ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    };
    expect(lines({ certificates })).toContain(
      "  ca|-----BEGIN CERTIFICATE----- … (3 lines; --json shows all)",
    );
  });
});
