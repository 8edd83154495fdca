/**
 * A reading of an nginx.conf, as far as ours goes: which `server` answers a host name, and which `location` of it a
 * path. The end-to-end tests ask the real NGINX the same questions.
 */
export interface Block {
  /** The words before the brace, such as `location ~ ^/login`, or a directive's words. */
  readonly words: readonly string[];
  /** What stands between the braces; absent for a directive. */
  readonly body?: readonly Block[];
}

/** Reads a configuration. @throws Error when braces or semicolons do not fit */
export function parseNginx(text: string): readonly Block[] {
  // Quoted words, punctuation, comments, plain words.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#[^\n]*|[{};]|[^\s{};"']+/g) ?? [];
  let position = 0;
  const block = (top: boolean): Block[] => {
    const found: Block[] = [];
    let words: string[] = [];
    for (; position < tokens.length; position += 1) {
      const token = tokens[position] ?? "";
      if (token.startsWith("#")) continue;
      if (token === "}") {
        if (top || words.length > 0) throw new Error(`unexpected } after ${words.join(" ")}`);
        return found;
      }
      if (token === ";") {
        if (words.length === 0) throw new Error("a directive without words");
        found.push({ words });
        words = [];
      } else if (token === "{") {
        position += 1;
        found.push({ words, body: block(false) });
        words = [];
      } else words.push(unquoted(token));
    }
    if (!top || words.length > 0) throw new Error("the configuration ends too early");
    return found;
  };
  return block(true);
}

function unquoted(token: string): string {
  return /^["']/.test(token) ? token.slice(1, -1) : token;
}

/** The blocks of a name below another. */
export function children(parent: readonly Block[] | undefined, name: string): readonly Block[] {
  return (parent ?? []).filter(({ words }) => words[0] === name);
}

/** The arguments of a directive, one text per occurrence. */
export function directives(parent: readonly Block[] | undefined, name: string): readonly string[] {
  return children(parent, name).map(({ words }) => words.slice(1).join(" "));
}

/** The server that answers a host name at a port. */
export function serverFor(config: readonly Block[], port: number | string, host: string): readonly Block[] {
  const [http] = children(config, "http");
  const listening = children(http?.body, "server").filter(({ body }) =>
    directives(body, "listen").some((listen) => listen.split(" ")[0] === String(port)),
  );
  const named = listening.find(({ body }) => directives(body, "server_name").includes(host));
  const fallback = listening.find(({ body }) =>
    directives(body, "listen").some((listen) => listen.endsWith("default_server")),
  );
  const found = (named ?? fallback ?? listening[0])?.body;
  if (found === undefined) throw new Error(`nothing listens on ${port}`);
  return found;
}

/**
 * The location that NGINX chooses: an exact one, else the first regular expression that matches, else the longest
 * prefix.
 */
export function locationFor(server: readonly Block[], path: string): readonly Block[] {
  const locations = children(server, "location").map(({ words, body = [] }) => {
    const [, modifier = "", pattern] = words.length === 3 ? words : ["", "", words[1]];
    return { modifier, pattern: pattern ?? "", body };
  });
  const exact = locations.find(({ modifier, pattern }) => modifier === "=" && pattern === path);
  const matching = locations.find(
    ({ modifier, pattern }) =>
      modifier.startsWith("~") && new RegExp(pattern, modifier === "~*" ? "i" : "").test(path),
  );
  const [longest] = locations
    .filter(({ modifier, pattern }) => modifier === "" && path.startsWith(pattern))
    .sort((a, b) => b.pattern.length - a.pattern.length);
  const found = exact ?? matching ?? longest;
  if (found === undefined) throw new Error(`no location for ${path}`);
  return found.body;
}
