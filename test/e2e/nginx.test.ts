import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DISCOVERY_PATH, discoveryDocument } from "../../lib/discovery";
import { httpEndpoints } from "../../lib/endpoints";
import { nginxConfig } from "../../lib/nginx/config";
import { type NginxUnderTest, type Played, type Seen, startNginx } from "../helpers/nginxContainer";
import * as paths from "../helpers/nginxPaths";

/** The real NGINX with the configuration of a stack; the services behind it are played by this test. */
let nginx: NginxUnderTest;
let seen: Seen[] = [];

const endpoints = httpEndpoints(8080);
const { urls } = endpoints;
const REDIRECT = `${urls.auth}/realms/mlflow-dev/protocol/openid-connect/auth?scope=openid+email+profile+offline_access&state=a`;

beforeAll(async () => {
  nginx = await startNginx(nginxConfig({ endpoints, realm: "mlflow-dev" }), (request): Played => {
    seen.push(request);
    if (request.url.startsWith("/login")) return { status: 302, headers: { Location: REDIRECT } };
    if (request.url.endsWith("/server-info")) {
      return {
        headers: { "Content-Type": "application/json" },
        body: '{"multipart_uploads_enabled":true,"multipart_downloads_enabled":true,"other":true}',
      };
    }
    return { body: "from the service" };
  });
}, 300_000);

afterAll(() => nginx.close());

/** What the service saw of one request; undefined when it saw none. */
async function passed(...request: Parameters<NginxUnderTest["ask"]>): Promise<Seen | undefined> {
  seen = [];
  await nginx.ask(...request);
  return seen[0];
}

async function status(...request: Parameters<NginxUnderTest["ask"]>): Promise<number | undefined> {
  return (await nginx.ask(...request))?.status;
}

describe("the configuration", () => {
  it("is accepted by the NGINX of the image without a warning", async () => {
    const { exitCode, output } = await nginx.run(["nginx", "-t", "-c", "/run/platform/config/nginx.conf"]);
    expect(output).toContain("test is successful");
    expect(output).not.toMatch(/\[(warn|emerg|alert|error)\]/);
    expect(exitCode).toBe(0);
  });
});

describe("host names", () => {
  it.each(["mlflow", "auth", "s3", "console"] as const)(
    "%s closes on an unknown one and moves the address",
    async (site) => {
      expect(await nginx.ask(site, "/", { host: "evil.example" })).toBeUndefined();
      const moved = await nginx.ask(site, "/a?b=c", { host: "127.0.0.1" });
      expect([moved?.status, moved?.headers.location]).toEqual([308, `${urls[site]}/a?b=c`]);
    },
  );
});

describe("MLflow", () => {
  it.each([...paths.MLFLOW_BLOCKED, "//metrics", "/x/../metrics", "/%6detrics"])(
    "%s is not there",
    async (path) => {
      expect(await status("mlflow", path)).toBe(404);
    },
  );

  it.each([
    ...paths.MLFLOW_READ_ONLY,
    "/api//3.0/mlflow/workspaces/vision",
    "/api/3.0/mlflow/x/../workspaces/vision",
    "/api/3.0/mlflow/workspaces%2Fvision",
    "/api/3.0/mlflow/%77orkspaces",
  ])("%s can be read, and changed by nobody", async (path) => {
    expect(await status("mlflow", path)).toBe(200);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      seen = [];
      expect(await status("mlflow", path, { method }), method).toBe(403);
      expect(seen).toEqual([]);
    }
  });

  it.each(paths.MLFLOW_OPEN)("%s is MLflow's", async (path) => {
    expect((await passed("mlflow", path, { method: "POST" }))?.url).toBe(path);
  });

  it("tells any client how to sign in, without asking a service", async () => {
    const answer = await nginx.ask("mlflow", DISCOVERY_PATH);
    expect([answer?.status, answer?.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(JSON.parse(answer?.body ?? "")).toEqual(discoveryDocument(urls, "mlflow-dev"));
    expect(await passed("mlflow", DISCOVERY_PATH)).toBeUndefined();
  });

  it("sends people to sign in without the scope of offline sessions", async () => {
    const answer = await nginx.ask("mlflow", "/login");
    expect(answer?.headers.location).toBe(REDIRECT.replace("+offline_access", ""));
  });

  it("offers no transfers by presigned address, to clients that take compressed answers as well", async () => {
    const path = "/api/3.0/mlflow/server-info";
    const answer = await nginx.ask("mlflow", path);
    expect(JSON.parse(answer?.body ?? "")).toEqual({
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
      other: true,
    });
    const asked = await passed("mlflow", path, { headers: { "Accept-Encoding": "gzip" } });
    expect(asked?.headers).not.toHaveProperty("accept-encoding");
  });
});

describe("sign-in", () => {
  it.each([
    ...paths.AUTH_BLOCKED,
    "//admin/",
    "/realms/mlflow-dev/../master/account",
    "/realms/mlflow-dev/%2e%2e/master/x",
  ])("%s is not there", async (path) => {
    expect(await passed("auth", path)).toBeUndefined();
    expect(await status("auth", path)).toBe(404);
  });

  it.each(paths.AUTH_OPEN)("%s is Keycloak's", async (path) => {
    expect((await passed("auth", path))?.url).toBe(path);
  });
});

describe("S3", () => {
  it.each([...paths.S3_BLOCKED, "/%6dinio/admin/v3/info", "/x/../minio/admin"])(
    "%s is refused",
    async (path) => {
      expect(await status("s3", path)).toBe(403);
    },
  );

  it.each([...paths.S3_OPEN, "/mlflow-vision/a%2Fb%20c?x-id=GetObject", "/mlflow-vision/%C3%A4+"])(
    "%s goes on byte by byte",
    async (path) => {
      expect((await passed("s3", path))?.url).toBe(path);
    },
  );

  it.each(["true", "1", "TRUE"])("refuses to remove all versions below a prefix: %s", async (value) => {
    const request = { method: "DELETE", headers: { "X-Minio-Force-Delete": value } };
    expect(await passed("s3", "/mlflow-vision/a", request)).toBeUndefined();
    expect((await nginx.ask("s3", "/mlflow-vision/a", request))?.status).toBe(403);
  });

  it("passes metadata of any name on, even when it comes before the host", async () => {
    seen = [];
    const request =
      "GET /b/k HTTP/1.1\r\nx-amz-meta-my_key: 1\r\nx-amz-meta-a.b: 2\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    expect(await nginx.raw("s3", request)).toContain("200 OK");
    expect(seen[0]?.headers).toMatchObject({ "x-amz-meta-my_key": "1", "x-amz-meta-a.b": "2" });
  });
});

describe("every service", () => {
  it("hears who really calls, whatever the caller says, and by which name and port", async () => {
    const headers = {
      "X-Forwarded-For": "1.2.3.4",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "evil",
      "X-Forwarded-Port": "1",
      "X-Forwarded-Prefix": "/x",
      Forwarded: "for=1.2.3.4;host=evil",
    };
    const request = await passed("mlflow", "/", { host: "localhost:8080", headers });
    expect(request?.headers).toMatchObject({
      host: "localhost:8080",
      "x-forwarded-host": "localhost:8080",
      "x-forwarded-proto": "http",
      "x-forwarded-for": expect.not.stringContaining("1.2.3.4") as unknown,
    });
    for (const name of ["x-forwarded-port", "x-forwarded-prefix", "forwarded"]) {
      expect(request?.headers).not.toHaveProperty(name);
    }
  });

  it("is asked for a WebSocket where a browser asks for one, and else over a lasting connection", async () => {
    const upgrade = await passed("console", "/ws/x", {
      headers: { Connection: "Upgrade", Upgrade: "websocket" },
    });
    expect(upgrade?.headers).toMatchObject({ connection: "upgrade", upgrade: "websocket" });
    expect((await passed("console", "/"))?.headers["upgrade"]).toBeUndefined();
  });
});
