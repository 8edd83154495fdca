import { describe, expect, it } from "vitest";
import { SITES, SITE_LISTEN, type Site, httpEndpoints } from "../../../lib/endpoints";
import { HEALTH_PORT } from "../../../lib/nginx/base";
import { nginxConfig } from "../../../lib/nginx/config";
import { type Block, children, directives, locationFor, parseNginx, serverFor } from "./nginxModel";
import * as paths from "../../helpers/nginxPaths";

const endpoints = httpEndpoints(8080);
const { urls } = endpoints;
const text = nginxConfig({ endpoints, realm: "mlflow-dev" });
const config = parseNginx(text);
const http = children(config, "http")[0]?.body ?? [];

const site = (name: Site, host = "localhost"): readonly Block[] => serverFor(config, SITE_LISTEN[name], host);
const at = (name: Site, path: string): readonly Block[] => locationFor(site(name), path);

describe("host names", () => {
  it.each(SITES)("%s: an unknown one is closed without an answer", (name) => {
    for (const host of ["evil.example", "_", "", "LOCALHOST.example", "mlflow"]) {
      expect(directives(site(name, host), "return"), host).toEqual(["444"]);
    }
  });

  it.each(SITES)(
    "%s: the address leads to the name that sign-in works for, with method and path kept",
    (name) => {
      const location = locationFor(site(name, "127.0.0.1"), "/any");
      expect(directives(location, "return")).toEqual([`308 ${urls[name]}$request_uri`]);
    },
  );

  it.each(SITES)("%s: has one server for its own name, and no port is listened on by another", (name) => {
    expect(directives(site(name), "listen")).toEqual([String(SITE_LISTEN[name])]);
    expect(directives(site(name), "return")).toEqual([]);
  });

  it("follow the public addresses, as with a domain of one's own", () => {
    const own = httpEndpoints(8080, "mlflow.example.org");
    const other = parseNginx(nginxConfig({ endpoints: own, realm: "mlflow-prod" }));
    expect(directives(serverFor(other, 8080, "mlflow.example.org"), "server_name")).toEqual([
      "mlflow.example.org",
    ]);
    expect(directives(serverFor(other, 8080, "127.0.0.1"), "return")).toEqual(["444"]);
    expect(directives(serverFor(other, 8080, "localhost"), "return")).toEqual(["444"]);
  });
});

describe("the MLflow site", () => {
  it.each(paths.MLFLOW_BLOCKED)("%s is not there", (path) => {
    expect(directives(at("mlflow", path), "return")).toEqual(["404"]);
    expect(directives(at("mlflow", path), "proxy_pass")).toEqual([]);
  });

  it.each(paths.MLFLOW_READ_ONLY)("%s can be read, and changed by nobody", (path) => {
    const location = at("mlflow", path);
    expect(directives(location, "proxy_pass")).toEqual(["http://mlflow"]);
    const [limit] = children(location, "limit_except");
    expect(limit?.words).toEqual(["limit_except", "GET"]);
    expect(directives(limit?.body, "deny")).toEqual(["all"]);
    expect(directives(limit?.body, "allow")).toEqual([]);
  });

  it.each(paths.MLFLOW_OPEN)("%s is MLflow's", (path) => {
    expect(directives(at("mlflow", path), "proxy_pass")).toEqual(["http://mlflow"]);
    expect(children(at("mlflow", path), "limit_except")).toEqual([]);
  });

  it.each(["/login", "/callback"])(
    "%s is limited in rate, bursts of a page of people let through",
    (path) => {
      expect(directives(at("mlflow", path), "limit_req")).toEqual(["zone=login burst=40 nodelay"]);
      expect(directives(http, "limit_req_zone")).toEqual(["$binary_remote_addr zone=login:1m rate=10r/s"]);
      expect(directives(http, "limit_req_status")).toEqual(["429"]);
    },
  );
});

describe("the scope offline_access", () => {
  const [rewrite = ""] = directives(at("mlflow", "/login"), "proxy_redirect");
  const [pattern = "", replacement = ""] = rewrite.split(" ");

  /** What NGINX makes of a redirect that MLflow answers. */
  function rewritten(location: string): string {
    expect(pattern.startsWith("~")).toBe(true);
    return location.replace(new RegExp(pattern.slice(1)), replacement);
  }

  /** A redirect as the plugin gives it, with PKCE and state after the scope. */
  const redirect = (scope: string, realm = "http://localhost:8081/realms/mlflow-dev"): string =>
    `${realm}/protocol/openid-connect/auth?response_type=code&client_id=mlflow&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback&scope=${scope}&state=Xy_9-&code_challenge=nO-1_s&code_challenge_method=S256`;

  it.each([
    ["openid+email+profile+offline_access", "openid+email+profile"],
    ["openid%20email%20profile%20offline_access", "openid%20email%20profile"],
    ["openid+offline_access+email", "openid+email"],
  ])("is taken out of %s, and nothing else changes", (before, after) => {
    expect(rewritten(redirect(before))).toBe(redirect(after));
  });

  it("is left alone where it does not stand in the scope, or on the way to another server", () => {
    const state = redirect("openid+email").replace("state=Xy_9-", "state=a+offline_access");
    expect(rewritten(state)).toBe(state);
    const elsewhere = redirect("openid+offline_access", "http://localhostx8081/realms/mlflow-dev");
    expect(rewritten(elsewhere)).toBe(elsewhere);
    const lookalike = redirect("openid+offline_access").replace("localhost:8081", "localhost:80810");
    expect(rewritten(lookalike)).toBe(lookalike);
  });
});

describe("the sign-in site", () => {
  it.each(paths.AUTH_OPEN)("%s is Keycloak's", (path) => {
    expect(directives(at("auth", path), "proxy_pass")).toEqual(["http://keycloak"]);
  });

  it.each(paths.AUTH_BLOCKED)("%s is not there", (path) => {
    expect(directives(at("auth", path), "return")).toEqual(["404"]);
  });

  it("opens with the account page of the realm", () => {
    expect(directives(at("auth", "/"), "return")).toEqual([
      "302 $scheme://$http_host/realms/mlflow-dev/account/",
    ]);
  });
});

describe("the S3 site", () => {
  it.each(paths.S3_BLOCKED)("%s is refused", (path) => {
    expect(directives(at("s3", path), "return")).toEqual(["403"]);
  });

  it.each(paths.S3_OPEN)("%s is the object store's, as it came", (path) => {
    // Without a path of its own, NGINX passes the request's on byte by byte, which signatures need.
    expect(directives(at("s3", path), "proxy_pass")).toEqual(["http://minio"]);
  });

  it("reads requests the same way before and after the host is known", () => {
    for (const host of ["localhost", "evil.example"]) {
      expect(directives(site("s3", host), "merge_slashes"), host).toEqual(["off"]);
      expect(directives(site("s3", host), "ignore_invalid_headers"), host).toEqual(["off"]);
    }
    for (const other of ["mlflow", "auth", "console"] as const) {
      expect(directives(site(other), "merge_slashes"), other).toEqual([]);
    }
  });

  it("stores nothing on the way and changes nothing", () => {
    expect(directives(site("s3"), "proxy_buffering")).toEqual(["off"]);
    expect(directives(site("s3"), "gzip")).toEqual(["off"]);
  });
});

describe("every request", () => {
  it("may be of any size, streams through, and has time for large artifacts", () => {
    expect(directives(http, "client_max_body_size")).toEqual(["0"]);
    expect(directives(http, "proxy_request_buffering")).toEqual(["off"]);
    expect(directives(http, "proxy_max_temp_file_size")).toEqual(["0"]);
    expect(directives(http, "proxy_read_timeout")).toEqual(["30m"]);
    expect(directives(http, "proxy_send_timeout")).toEqual(["30m"]);
  });

  it.each([
    ["mlflow", "/"],
    ["mlflow", "/login"],
    ["mlflow", "/api/3.0/mlflow/workspaces"],
    ["mlflow", "/api/3.0/mlflow/server-info"],
    ["auth", "/realms/mlflow-dev/account/"],
    ["s3", "/mlflow-vision/x"],
    ["console", "/ws/objectManager"],
  ] as const)(
    "to %s %s tells the service host and port, the true client, and lets WebSockets pass",
    (name, path) => {
      expect(directives(at(name, path), "proxy_set_header")).toEqual(
        expect.arrayContaining([
          "Host $http_host",
          // Not appended to what the client says: a service would believe it.
          "X-Forwarded-For $remote_addr",
          "X-Real-IP $remote_addr",
          "X-Forwarded-Proto $scheme",
          "X-Forwarded-Host $http_host",
          // Not what the client says either: MLflow would take the prefix off the path after it has passed here.
          "X-Forwarded-Port ",
          "X-Forwarded-Prefix ",
          "Forwarded ",
          "Upgrade $http_upgrade",
          "Connection $upstream_connection",
        ]),
      );
    },
  );

  it("keeps connections to services open unless it is an upgrade", () => {
    const [map] = children(http, "map");
    expect(map?.words).toEqual(["map", "$http_upgrade", "$upstream_connection"]);
    expect(map?.body?.map(({ words }) => words)).toEqual([
      ["default", "upgrade"],
      ["", ""],
    ]);
    expect(directives(http, "proxy_http_version")).toEqual(["1.1"]);
  });

  it("is logged without its query, which carries codes and signatures, and without cookies", () => {
    const [format = ""] = directives(http, "log_format");
    expect(format).toContain("$uri");
    expect(format).not.toMatch(/\$request\b|\$request_uri|\$args|\$query|referer|cookie|authorization/i);
  });

  it("is answered without the server's version; pages cannot be framed elsewhere or taken for another type", () => {
    expect(directives(http, "server_tokens")).toEqual(["off"]);
    expect(directives(site("mlflow"), "add_header")).toEqual(
      expect.arrayContaining(["X-Content-Type-Options nosniff always", "X-Frame-Options SAMEORIGIN always"]),
    );
  });
});

describe("the rest", () => {
  it("writes only where a read-only container can, to the log of the container else", () => {
    const files = [
      ...directives(config, "pid"),
      ...http.flatMap(({ words }) => (words[0]?.endsWith("_temp_path") ? [words[1]] : [])),
    ];
    expect(files).toHaveLength(6);
    expect(files.every((file) => file?.startsWith("/tmp/"))).toBe(true);
    expect(directives(http, "access_log")).toEqual(["/dev/stdout json"]);
    expect(directives(http, "include")).toContain("/tmp/upstreams.conf");
  });

  it("shows its health inside the container only", () => {
    const health = serverFor(config, `127.0.0.1:${HEALTH_PORT}`, "");
    expect(directives(locationFor(health, "/healthz"), "return")).toEqual(["200 ok"]);
  });

  it("asks for no upstream that the entry point does not write", () => {
    const upstreams = new Set(text.match(/proxy_pass http:\/\/\w+/g));
    expect([...upstreams].sort()).toEqual(
      ["console", "keycloak", "minio", "mlflow"].map((name) => `proxy_pass http://${name}`),
    );
  });

  it("is the same text for the same settings", () => {
    expect(nginxConfig({ endpoints, realm: "mlflow-dev" })).toBe(text);
    expect(text).toMatchSnapshot();
  });
});
