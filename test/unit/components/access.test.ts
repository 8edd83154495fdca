import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deploy } from "../../../components/platform";
import { record } from "../../helpers/harness";
import { type StoredProvider, revived } from "../../helpers/storedProvider";
import { sampleSettings } from "../../helpers/settings";

/** Inputs of any of the resources, with what all of them have. */
type Props = Record<string, string>;
type Provider = StoredProvider<Props>;

/** What MLflow was asked, such as `POST /api/… {"name":"vision"}`, and what it answers next. */
let asked: string[] = [];
let answers: { status: number; body?: unknown }[] = [];
/** What Keycloak was asked for a token with. */
let forms: string[] = [];
let server: Server;
let connection: Props;
let providers: Record<"Workspace" | "Account" | "Grant", Provider>;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      response.setHeader("Content-Type", "application/json");
      if (url === "/token") {
        forms.push(body);
        const known = body.includes("client_secret=right");
        response.statusCode = known ? 200 : 401;
        response.end(JSON.stringify(known ? { access_token: "t0ken" } : { error_description: "Bad secret" }));
        return;
      }
      asked.push(`${method} ${url}${body === "" ? "" : ` ${body}`}`);
      if (headers.authorization !== "Bearer t0ken") response.statusCode = 401;
      const { status = 200, body: answer = {} } = answers.shift() ?? {};
      response.statusCode = status;
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  connection = { apiUrl: url, tokenUrl: `${url}/token`, clientId: "provisioner", clientSecret: "right" };
  const recording = await record(() => deploy(sampleSettings()));
  const stored = (type: string): Provider => revived(recording.ofType(type)[0]?.inputs["__provider"]);
  providers = { Workspace: stored("Workspace"), Account: stored("Account"), Grant: stored("Grant") };
});

afterAll(() => server.close());
beforeEach(() => {
  [asked, answers, forms] = [[], [], []];
});

describe("the code that is stored with the resources", () => {
  it("signs in with a token of its own, by the secret it is given as an input", async () => {
    await providers.Workspace.create({ ...connection, name: "vision", description: "", artifactRoot: "" });
    expect(forms).toEqual(["grant_type=client_credentials&client_id=provisioner&client_secret=right"]);
    expect(asked).toHaveLength(1);
  });

  it("says who got no token, why, and what to do, without the secret", async () => {
    const props = { ...connection, clientSecret: "wr0ng", name: "vision", description: "", artifactRoot: "" };
    const failure = await providers.Workspace.create(props).catch((error: unknown) => String(error));
    expect(failure).toMatch(/Keycloak gave no token to provisioner \(HTTP 401: Bad secret\).*npm run/);
    expect(failure).not.toContain("wr0ng");
    expect(asked).toEqual([]);
  });

  it("hands on MLflow's own words when it refuses", async () => {
    answers = [{ status: 403, body: { message: "Permission denied" } }];
    await expect(
      providers.Workspace.update("vision", connection, { ...connection, description: "", artifactRoot: "" }),
    ).rejects.toThrow(
      /MLflow refused PATCH \/api\/3\.0\/mlflow\/workspaces\/vision \(HTTP 403\).*Permission denied/,
    );
  });
});

describe("a workspace", () => {
  const props = (changed: Props = {}): Props => ({
    ...connection,
    name: "vision",
    description: "Team vision",
    artifactRoot: "s3://mlflow-vision",
    ...changed,
  });
  const settings = '"description":"Team vision","default_artifact_root":"s3://mlflow-vision"';

  it("is made, or taken over as it was left", async () => {
    expect(await providers.Workspace.create(props())).toMatchObject({ id: "vision" });
    expect(asked).toEqual([`POST /api/3.0/mlflow/workspaces {"name":"vision",${settings}}`]);
    answers = [{ status: 409 }, { status: 200 }];
    await providers.Workspace.create(props());
    expect(asked.at(-1)).toBe(`PATCH /api/3.0/mlflow/workspaces/vision {${settings}}`);
  });

  it("is read as it is, so that what was changed by hand shows", async () => {
    answers = [
      { status: 200, body: { workspace: { description: "mine", default_artifact_root: "s3://x" } } },
    ];
    const { id, props: found } = await providers.Workspace.read("vision", props());
    expect([id, found?.["description"], found?.["artifactRoot"]]).toEqual(["vision", "mine", "s3://x"]);
    expect(await providers.Workspace.diff("vision", found ?? {}, props())).toMatchObject({
      changes: true,
      replaces: [],
    });
  });

  it("that is gone is read as gone", async () => {
    answers = [{ status: 404 }];
    expect(await providers.Workspace.read("vision", props())).toMatchObject({ id: "" });
  });

  it("is the same while its settings are, and another one under another name", async () => {
    const diff = (news: Props) => providers.Workspace.diff("vision", props(), news);
    expect(await diff(props({ __provider: "new code" }))).toMatchObject({ changes: false, replaces: [] });
    expect(await diff(props({ name: "sound" }))).toMatchObject({ changes: true, replaces: ["name"] });
  });

  it("is removed only when it is empty, and stays without an error when it is not", async () => {
    answers = [{ status: 500, body: { message: "not empty" } }];
    await providers.Workspace.delete("vision", props());
    expect(asked).toEqual(["DELETE /api/3.0/mlflow/workspaces/vision?mode=RESTRICT"]);
  });
});

describe("a grant", () => {
  const props = (changed: Props = {}): Props => ({
    ...connection,
    workspace: "vision",
    kind: "group",
    holder: "vision",
    permission: "MANAGE",
    ...changed,
  });
  const path = "/api/3.0/mlflow/permissions/workspaces/vision";

  it("to a group makes the group known first, and changes a grant that is there", async () => {
    answers = [{ status: 409 }, { status: 409 }, { status: 200 }];
    expect(await providers.Grant.create(props())).toMatchObject({ id: "vision/group/vision" });
    expect(asked.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "POST /api/2.0/mlflow/permissions/groups",
      `POST ${path}/groups`,
      `PATCH ${path}/groups/vision`,
    ]);
    expect(asked[2]).toContain('"permission":"MANAGE"');
  });

  it("to a user names the user", async () => {
    await providers.Grant.create(props({ kind: "user", holder: "service-account-ci" }));
    expect(asked).toEqual([`POST ${path}/users {"username":"service-account-ci","permission":"MANAGE"}`]);
  });

  it("is read as it is, and as gone when it is not in the list", async () => {
    const list = [
      { group_name: "other", permission: "READ" },
      { group_name: "vision", permission: "READ" },
    ];
    answers = [
      { status: 200, body: { groups: list } },
      { status: 200, body: { groups: list.slice(0, 1) } },
    ];
    const { props: found } = await providers.Grant.read("x", props());
    expect(found?.["permission"]).toBe("READ");
    expect(await providers.Grant.diff("x", found ?? {}, props())).toMatchObject({
      changes: true,
      replaces: [],
    });
    expect(await providers.Grant.read("x", props())).toMatchObject({ id: "" });
  });

  it("is taken away, also when it is gone already", async () => {
    answers = [{ status: 404 }];
    await providers.Grant.delete("x", props());
    expect(asked).toEqual([`DELETE ${path}/groups/vision`]);
  });
});

describe("an account", () => {
  const props = (changed: Props = {}): Props => ({
    ...connection,
    username: "service-account-ci",
    displayName: "ci",
    subject: "s-1",
    ...changed,
  });

  it("is no administrator, and bound to the subject; one that is bound to another is made anew", async () => {
    answers = [{ status: 409 }, { status: 204 }, { status: 201 }];
    await providers.Account.create(props());
    expect(asked.map((line) => line.split(" ")[0])).toEqual(["POST", "DELETE", "POST"]);
    expect(JSON.parse(asked[2]?.split(" ")[2] ?? "")).toMatchObject({
      username: "service-account-ci",
      is_admin: false,
      is_service_account: true,
      subject: "s-1",
    });
  });

  it("is made anew for another subject, the old one first", async () => {
    expect(await providers.Account.diff("x", props(), props({ subject: "s-2" }))).toEqual({
      changes: true,
      replaces: ["subject"],
      deleteBeforeReplace: true,
    });
  });

  it("that is gone is read as gone", async () => {
    answers = [{ status: 404 }];
    expect(await providers.Account.read("service-account-ci", props())).toMatchObject({ id: "" });
  });
});
