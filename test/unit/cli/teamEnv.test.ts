import { describe, expect, it } from "vitest";
import { dotenv, teamEnv } from "../../../cli/teamEnv";

const OUTPUTS = {
  clientEnv: { MLFLOW_TRACKING_URI: "http://localhost:8080" },
  teams: { vision: { workspace: "vision" }, language: { workspace: "language" } },
  credentials: {
    serviceAccounts: {
      "vision-ci": { clientId: "vision-ci", clientSecret: "s3cret", team: "vision" },
      "language-ci": { clientId: "language-ci", clientSecret: "0ther", team: "language" },
    },
  },
};
const PEOPLE = {
  MLFLOW_TRACKING_URI: "http://localhost:8080",
  MLFLOW_TRACKING_AUTH: "mlflow-platform",
  MLFLOW_WORKSPACE: "vision",
};

describe("the environment of a team", () => {
  it("holds no secret for people, who sign in", () => {
    expect(teamEnv(OUTPUTS, "dev", { team: "vision" })).toEqual(PEOPLE);
  });

  it("holds the secret of the service account that is asked for, and the CA of a stack that has one", () => {
    expect(teamEnv(OUTPUTS, "dev", { team: "vision", account: "vision-ci", caFile: "/x/ca.pem" })).toEqual({
      ...PEOPLE,
      MLFLOW_TRACKING_SERVER_CERT_PATH: "/x/ca.pem",
      MLFLOW_PLATFORM_CLIENT_ID: "vision-ci",
      MLFLOW_PLATFORM_CLIENT_SECRET: "s3cret",
    });
  });

  it.each([
    [{ team: "audio" }, /no team audio; there are: vision, language\./],
    [
      { team: "vision", account: "language-ci" },
      /service account of team vision language-ci; there is: vision-ci\./,
    ],
  ])("for %j is an error that names what there is, and no secret", (options, message) => {
    const failure = (): unknown => teamEnv(OUTPUTS, "dev", options);
    expect(failure).toThrow(message);
    expect(failure).not.toThrow(/s3cret|0ther/);
  });

  it("says what to do when the stack is of another version", () => {
    expect(() => teamEnv({ clientEnv: {} }, "dev", { team: "vision" })).toThrow(/another version/);
  });
});

describe("the text of a .env file", () => {
  it("leaves plain values as they are and quotes the others", () => {
    expect(dotenv({ A: "http://localhost:8080", B: "/a b/it's.pem", C: "" })).toBe(
      "A=http://localhost:8080\nB='/a b/it'\\''s.pem'\nC=",
    );
  });
});
