import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BuiltInClientProps } from "../../../components/identity/builtInClient";
import { deploy } from "../../../components/platform";
import { record } from "../../helpers/harness";
import { sampleSettings } from "../../helpers/settings";
import { type StoredProvider, revived } from "../../helpers/storedProvider";

let server: Server;
let provider: StoredProvider<BuiltInClientProps>;
let props: BuiltInClientProps;
/** What Keycloak was asked, and what it answers to a look-up. */
let asked: string[] = [];
let found: { status: number; body: unknown } = { status: 200, body: [{ id: "u-1" }] };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      asked.push(`${method} ${url}`);
      const known = body.includes("password=right") || headers.authorization === "Bearer t0ken";
      response.setHeader("Content-Type", "application/json");
      response.statusCode = known ? (url.startsWith("/admin") ? found.status : 200) : 401;
      const answer = url.startsWith("/admin") ? found.body : { access_token: "t0ken" };
      response.end(JSON.stringify(known ? answer : { error: "no" }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const recording = await record(() => deploy(sampleSettings()));
  provider = revived(recording.get("BuiltInClient", "identity-realm-management").inputs["__provider"]);
  props = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    username: "admin",
    password: "right",
    realm: "mlflow-dev",
    clientId: "realm-management",
  };
});

afterAll(() => server.close());
beforeEach(() => {
  asked = [];
  found = { status: 200, body: [{ id: "u-1" }] };
});

describe("a client of Keycloak's own", () => {
  it("is looked up once, for its id, and never written", async () => {
    expect(await provider.create(props)).toEqual({ id: "u-1", outs: props });
    expect(asked).toEqual([
      "POST /realms/master/protocol/openid-connect/token",
      "GET /admin/realms/mlflow-dev/clients?clientId=realm-management",
    ]);
    asked = [];
    await provider.delete("u-1", props);
    await provider.update("u-1", props, props);
    expect(asked).toEqual([]);
  });

  it("is another one in another realm, and gone with it", async () => {
    expect((await provider.read("u-1", props)).id).toBe("u-1");
    found = { status: 200, body: [{ id: "u-2" }] };
    expect((await provider.read("u-1", props)).id).toBe("");
    found = { status: 404, body: {} };
    expect((await provider.read("u-1", props)).id).toBe("");
    expect(await provider.diff("u-1", props, { ...props, realm: "other" })).toEqual({
      changes: true,
      replaces: ["realm"],
    });
    expect(await provider.diff("u-1", props, { ...props, password: "new" })).toEqual({
      changes: true,
      replaces: [],
    });
    expect(await provider.diff("u-1", props, props)).toEqual({ changes: false, replaces: [] });
  });

  it("says who was refused and what to do, without the password", async () => {
    const failure = await provider.create({ ...props, password: "wr0ng" }).catch(String);
    expect(failure).toMatch(/Keycloak gave its administrator no token \(HTTP 401\).*npm run status/);
    expect(failure).not.toContain("wr0ng");
    found = { status: 200, body: [] };
    await expect(provider.create(props)).rejects.toThrow(/mlflow-dev has no client realm-management/);
    found = { status: 403, body: {} };
    await expect(provider.create(props)).rejects.toThrow(/refused to look up .* \(HTTP 403\)/);
  });
});
