import { WORKSPACE_HEADER } from "./runner";
import type { WireRequest } from "./types";

/** Another way to write a request that a careless gate takes for a harmless one. */
export interface Spelling {
  readonly name: string;
  readonly of: (request: WireRequest, host: string) => WireRequest;
}

/** Prefix that no route has. */
const PREFIX = "/nowhere";

/** Changes the path; the query stays. */
function path(name: string, change: (path: string) => string): Spelling {
  return {
    name,
    of: (request) => {
      const [before = "", ...query] = request.path.split("?");
      return { ...request, path: [change(before), ...query].join("?") };
    },
  };
}

/** Adds headers. */
function header(name: string, ...lines: readonly (readonly [string, string])[]): Spelling {
  return { name, of: (request) => ({ ...request, headers: [...request.headers, ...lines] }) };
}

/** Names the workspace otherwise. */
function workspace(name: string, ...lines: readonly (readonly [string, string])[]): Spelling {
  return {
    name,
    of: (request) => ({
      ...request,
      headers: [...request.headers.filter(([key]) => key !== WORKSPACE_HEADER), ...lines],
    }),
  };
}

const within = (text: string, at: number): string => `${text.slice(0, at)}%2e%2e/${text.slice(at)}`;
/** The first letter of a path's n-th part, percent-encoded. */
const encodedLetter = (text: string, part: number): string =>
  text
    .split("/")
    .map((piece, index) =>
      index === part && piece !== "" ? `%${piece.charCodeAt(0).toString(16)}${piece.slice(1)}` : piece,
    )
    .join("/");

const PATHS: readonly Spelling[] = [
  path("as it is", (text) => text),
  path("/ajax-api", (text) => text.replace(/^\/api\//, "/ajax-api/")),
  path("//api", (text) => `/${text}`),
  path("//// between", (text) => text.replace(/^(\/[^/]+)\//, "$1////")),
  path("// before the last part", (text) => text.replace(/\/([^/]+)$/, "//$1")),
  path("/./", (text) => `/.${text}`),
  path("/./ within", (text) => text.replace(/^(\/[^/]+)\//, "$1/./")),
  path("/x/../", (text) => `/x/..${text}`),
  path("/static-files/../", (text) => `/static-files/..${text}`),
  path("/static-files/..%2f", (text) => `/static-files/..%2f${text.slice(1)}`),
  path("/oidc/ui/..%2f..", (text) => `/oidc/ui/..%2f..${text}`),
  path("/health/..", (text) => `/health/..${text}`),
  path("/health%2f..", (text) => `/health%2f..${text}`),
  path("%2e%2e/", (text) => within(`/x${text}`, 3)),
  path("..%5c", (text) => `/x/..%5c${text.slice(1)}`),
  path("backslash", (text) => text.replace(/^\/([^/]+)\//, "/$1\\")),
  path("upper case", (text) => text.toUpperCase()),
  path("first letter upper case", (text) => `/${text.charAt(1).toUpperCase()}${text.slice(2)}`),
  path("last part upper case", (text) => text.replace(/[^/]+$/, (last) => last.toUpperCase())),
  path("trailing slash", (text) => `${text}/`),
  path("two trailing slashes", (text) => `${text}//`),
  path(";x", (text) => `${text};x`),
  path(";x within", (text) => text.replace(/^(\/[^/]+)\//, "$1;x/")),
  path("/..;/", (text) => `/x/..;${text}`),
  path("%2F for the second slash", (text) => text.replace(/^(\/[^/]+)\//, "$1%2F")),
  path("%2F for all slashes", (text) => `/${text.slice(1).replaceAll("/", "%2F")}`),
  path("encoded first letter", (text) => encodedLetter(text, 1)),
  path("encoded letter of the third part", (text) => encodedLetter(text, 3)),
  path("encoded letter of the fourth part", (text) => encodedLetter(text, 4)),
  path("twice encoded", (text) => encodedLetter(text, 1).replaceAll("%", "%25")),
  path("overlong UTF-8", (text) => text.replace(/^(\/[^/]+)\//, "$1%c0%af")),
  path("full-width letter", (text) => text.replace(/^\/a/, "/%ef%bd%81")),
  path("%00", (text) => `${text}%00`),
  path("%20", (text) => `${text}%20`),
  path("%0a", (text) => `${text}%0a`),
  path("%23", (text) => `${text}%23x`),
  path("#", (text) => `${text}#x`),
  path("? doubled", (text) => `${text}?`),
  path(".json", (text) => `${text}.json`),
  {
    name: "absolute form",
    of: (request, host) => ({ ...request, path: `http://${host}${request.path}` }),
  },
  {
    name: "absolute form, two slashes",
    of: (request, host) => ({ ...request, path: `http://${host}/${request.path}` }),
  },
];

/** Headers by which a caller could say that a proxy has changed the request. */
const PROXIES: readonly Spelling[] = [
  {
    name: "X-Forwarded-Prefix before the path",
    of: (request) => ({
      ...request,
      path: `${PREFIX}${request.path}`,
      headers: [...request.headers, ["X-Forwarded-Prefix", PREFIX]],
    }),
  },
  {
    name: "X-Script-Name before the path",
    of: (request) => ({
      ...request,
      path: `${PREFIX}${request.path}`,
      headers: [...request.headers, ["X-Script-Name", PREFIX], ["Script-Name", PREFIX]],
    }),
  },
  ...["X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "X-Forwarded-Path"].map((name): Spelling => ({
    name,
    of: (request) => ({ ...request, path: "/version", headers: [...request.headers, [name, request.path]] }),
  })),
  header("X-Forwarded-Host", ["X-Forwarded-Host", "127.0.0.1:5000"]),
  header("X-Forwarded-For", ["X-Forwarded-For", "127.0.0.1"], ["X-Real-IP", "127.0.0.1"]),
  header("Forwarded", ["Forwarded", "for=127.0.0.1;proto=https;host=mlflow:5000"]),
  header("X-Forwarded-User", ["X-Forwarded-User", "ada"], ["X-Remote-User", "ada"], ["Remote-User", "ada"]),
  header(
    "X-Forwarded-Groups",
    ["X-Forwarded-Groups", "mlflow-admins"],
    ["X-Forwarded-Preferred-Username", "ada"],
  ),
  header("X-MLflow-Authorization", ["X-MLflow-Authorization", "Bearer x"]),
  header("second Authorization", ["Authorization", "Basic YWRhOmFkYQ=="]),
  header("cookie of a session", ["Cookie", "mlflow_session_dev=x; session=x; mlflow_session_teams=x"]),
];

/** The header of the workspace, in forms that two readers may read differently. */
export function workspaceSpellings(a: string, b: string): Spelling[] {
  const name = WORKSPACE_HEADER;
  return [
    workspace("no workspace"),
    workspace("B's workspace", [name, b]),
    workspace("A then B", [name, a], [name, b]),
    workspace("B then A", [name, b], [name, a]),
    workspace("B and A in one", [name, `${b},${a}`]),
    workspace("lower case name", [name.toLowerCase(), a]),
    workspace("mixed case name, twice", [name, b], [name.toLowerCase(), a]),
    workspace("spaces", [name, `  ${a}  `]),
    workspace("tab", [name, `\t${a}`]),
    workspace("upper case value", [name, a.toUpperCase()]),
    workspace("path in the value", [name, `${b}/../${a}`]),
    workspace("percent in the value", [name, `%${a.charCodeAt(0).toString(16)}${a.slice(1)}`]),
    workspace("star", [name, "*"]),
    workspace("default", [name, "default"]),
    workspace("empty", [name, ""]),
    workspace("not UTF-8", [name, "\u00ff"]),
    workspace("underscores", [name.replaceAll("-", "_"), a]),
    workspace("underscores and B", [name, b], [name.replaceAll("-", "_"), a]),
  ];
}

/** Methods in place of the one that is meant. */
const METHODS: readonly Spelling[] = [
  ...["HEAD", "OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE"].map((method): Spelling => ({
    name: `${method} instead`,
    of: (request) => ({ ...request, method }),
  })),
  ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].flatMap((name): Spelling[] => [
    {
      name: `POST with ${name}`,
      of: (request) => ({
        ...request,
        method: "POST",
        headers: [...request.headers, [name, request.method]],
      }),
    },
    {
      name: `GET with ${name}`,
      of: (request) => ({ ...request, method: "GET", headers: [...request.headers, [name, request.method]] }),
    },
  ]),
];

/** What does not depend on the teams' names. */
export const SPELLINGS: readonly Spelling[] = [...PATHS, ...PROXIES, ...METHODS];

/**
 * Bodies that name one thing twice: the caller's own and team A's.
 *
 * @param more - what else the body says
 */
export function twoSpellings(
  field: string,
  own: string,
  foreign: string,
  more: Readonly<Record<string, unknown>>,
): readonly (readonly [string, Partial<WireRequest>])[] {
  const camel = field.replaceAll(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());
  const escaped = `\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}`;
  const rest = Object.entries(more).map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = (...parts: readonly string[]): string => `{${parts.join(",")}${rest.join("")}}`;
  const typed = (type: string, body: string): Partial<WireRequest> => ({
    body,
    headers: [["Content-Type", type]],
  });
  const json = (...parts: readonly string[]): Partial<WireRequest> =>
    typed("application/json", text(...parts));
  const [mine, theirs] = [`"${own}"`, `"${foreign}"`];
  return [
    ["snake then camel", json(`"${field}":${mine}`, `"${camel}":${theirs}`)],
    ["camel then snake", json(`"${camel}":${mine}`, `"${field}":${theirs}`)],
    ["twice in the body", json(`"${field}":${mine}`, `"${field}":${theirs}`)],
    ["twice, escaped", json(`"${field}":${mine}`, `"${escaped}":${theirs}`)],
    ["a list", json(`"${field}":[${mine},${theirs}]`)],
    ["a null before", json(`"${field}":null`, `"${camel}":${theirs}`)],
    ["camel alone", json(`"${camel}":${theirs}`)],
    ["as a form", typed("application/x-www-form-urlencoded", `${field}=${foreign}`)],
    ["as plain text", typed("text/plain", text(`"${field}":${theirs}`))],
    ["without a type", { body: text(`"${field}":${theirs}`), headers: [] }],
    ["as UTF-16 by its type", typed("application/json; charset=utf-16", text(`"${field}":${theirs}`))],
    ["a string of JSON", typed("application/json", JSON.stringify(text(`"${field}":${theirs}`)))],
  ];
}
