import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { dotenv } from "../../../cli/outputs/dotenv";
import { outputsEnv, teamEnv } from "../../../cli/outputs/env";
import { openOutputsSchema } from "../../../lib/outputs";
import { sampleOutputs } from "../smoke/fixtures";
import { twoTeams } from "./fixtures";

const ALL = twoTeams();
const OPEN = openOutputsSchema.parse(ALL);
const SECRETS = /not-a-real/;
const PEOPLE = {
  MLFLOW_TRACKING_URI: "http://localhost:8080",
  MLFLOW_TRACKING_AUTH: "mlflow-platform",
  MLFLOW_WORKSPACE: "vision",
};

describe("the environment of a team", () => {
  it("holds no secret for people, who sign in", () => {
    expect(teamEnv(ALL, "vision", { stack: "dev" })).toEqual(PEOPLE);
  });

  it("holds the secret of the service account that is asked for, and the CA of a stack that has one", () => {
    expect(teamEnv(ALL, "vision", { stack: "dev", account: "vision-ci", caFile: "/x/ca.pem" })).toEqual({
      ...PEOPLE,
      MLFLOW_TRACKING_SERVER_CERT_PATH: "/x/ca.pem",
      MLFLOW_PLATFORM_CLIENT_ID: "vision-ci",
      MLFLOW_PLATFORM_CLIENT_SECRET: "not-a-real-secret-2",
    });
  });

  it.each([
    ["audio", undefined, /no team audio; there are: language, vision\./],
    ["constructor", undefined, /no team constructor/],
    ["vision", "language-ci", /service account of team vision language-ci; there is: vision-ci\./],
  ])("of %s, %s is an error that names what there is, and no secret", (team, account, message) => {
    const failure = (): unknown => teamEnv(ALL, team, { stack: "dev", account });
    expect(failure).toThrow(message);
    expect(failure).not.toThrow(SECRETS);
  });
});

describe("the environment of programs without the client package", () => {
  const everywhere = {
    MLFLOW_TRACKING_URI: "http://localhost:8080",
    MLFLOW_PLATFORM_ISSUER: "http://localhost:8081/realms/mlflow-dev",
    MLFLOW_PLATFORM_TOKEN_URL: "http://localhost:8081/realms/mlflow-dev/protocol/openid-connect/token",
    MLFLOW_PLATFORM_S3_URL: "http://localhost:8082",
    MLFLOW_PLATFORM_S3_REGION: "us-east-1",
  };

  it("says where everything is", () => {
    expect(outputsEnv(OPEN, undefined, { stack: "dev" })).toEqual(everywhere);
  });

  it("says of a team its workspace and bucket, of its account the secret only where secrets were read", () => {
    const open = {
      ...everywhere,
      MLFLOW_WORKSPACE: "vision",
      MLFLOW_PLATFORM_BUCKET: "mlflow-vision",
      MLFLOW_PLATFORM_CLIENT_ID: "vision-ci",
    };
    const options = { stack: "dev", account: "vision-ci" };
    expect(outputsEnv(OPEN, "vision", options)).toEqual(open);
    expect(outputsEnv(ALL, "vision", options)).toEqual({
      ...open,
      MLFLOW_PLATFORM_CLIENT_SECRET: "not-a-real-secret-2",
    });
  });

  it("leaves out what a mode does not have", () => {
    const direct = { ...sampleOutputs().clientEnv, MLFLOW_S3_ENDPOINT_URL: "http://localhost:8082" };
    expect(outputsEnv({ ...OPEN, clientEnv: direct }, undefined, { stack: "dev" })).toEqual({
      ...everywhere,
      MLFLOW_S3_ENDPOINT_URL: "http://localhost:8082",
    });
  });
});

describe("the text of a .env file", () => {
  it("leaves plain values as they are and quotes the others", () => {
    expect(dotenv({ A: "http://localhost:8080", B: "/a b/it's.pem", C: "" })).toBe(
      "A=http://localhost:8080\nB='/a b/it'\\''s.pem'\nC=",
    );
  });

  it.each(["sh", "bash"])("gives a %s any value as it is, and runs nothing of it", (shell) => {
    const values = {
      QUOTES: `it's "quoted" and \\'more\\'`,
      COMMANDS: "$(touch /nonexistent/x) `id` ${HOME} $HOME; exit 3 & echo > /nonexistent/x",
      LINES: "-----BEGIN CERTIFICATE-----\nAAA=\n\nB #=B\n-----END CERTIFICATE-----\n\n",
      SPACES: "  a\tb  ",
      GLOB: "* ? [a-z] ~ !! {1,2}",
      TILDE: "~root:~/x",
      COMMENT: "#nothing",
      UNICODE: "Вера “é” \u202e 視",
      EMPTY: "",
    };
    const script = `set -eu; set -a; eval "$TEXT"; set +a; exec "$NODE" -p "JSON.stringify(process.env)"`;
    const output = execFileSync(shell, ["-c", script], {
      env: { TEXT: dotenv(values), NODE: process.execPath, PATH: process.env["PATH"], HOME: "/nonexistent" },
      encoding: "utf8",
    });
    expect(JSON.parse(output)).toMatchObject(values);
  });

  it.each(["A B", "A;id", "1A", "", "A\nB", "A=B"])("refuses the name %j", (name) => {
    expect(() => dotenv({ [name]: "x" })).toThrow("is no name of an environment variable");
  });
});
