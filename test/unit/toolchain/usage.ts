import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { checkout } from "../../../cli/paths";

/** What the program gives to one resource, found in its source. */
export interface Usage {
  /** File and line, for the message. */
  where: string;
  /** Plugin, such as `docker`. */
  plugin: string;
  /** Token such as `docker:index/container:Container`, or `pulumi:providers:docker`. */
  token: string;
  /** The inputs as a tree; an array's elements and a map's values are merged. */
  inputs: Inputs;
}

/** Names and what is below each, `values` for what stands below any element of an array or value of a map. */
export interface Inputs {
  properties: Map<string, Inputs>;
  /** Of arrays. */
  elements?: Inputs;
  /** Source text of what could not be looked into. */
  opaque: string[];
}

const requireFromCheckout = createRequire(join(checkout, "package.json"));

/** Finds every resource of a bridged provider that the program makes, and the inputs it gives. */
export function usages(): Usage[] {
  const config = ts.readConfigFile(join(checkout, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const parsed = ts.parseJsonConfigFileContent(config.config, ts.sys, checkout);
  const files = parsed.fileNames.filter((file) =>
    /\/(components\/|index\.ts$)/.test(file.slice(checkout.length)),
  );
  const program = ts.createProgram(files, parsed.options);
  const checker = program.getTypeChecker();
  const found: Usage[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node)) {
      const usage = usageOf(node, checker);
      if (usage) found.push(usage);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) if (files.includes(file.fileName)) visit(file);
  return found;
}

function usageOf(node: ts.NewExpression, checker: ts.TypeChecker): Usage | undefined {
  const symbol = checker.getTypeAtLocation(node).symbol as ts.Symbol | undefined;
  const declaration = symbol?.declarations?.[0];
  const file = declaration?.getSourceFile().fileName ?? "";
  const match = /node_modules\/(@pulumi\/([a-z]+))\/(.+)\.d\.ts$/.exec(file);
  const [, module, plugin, path] = match ?? [];
  if (!symbol || !declaration || !module || !plugin || !path || plugin === "pulumi") return undefined;
  const name = symbol.name;
  const token =
    name === "Provider"
      ? `pulumi:providers:${plugin}`
      : (requireFromCheckout(`${module}/${path}.js`) as Record<string, { __pulumiType: string }>)[name]
          ?.__pulumiType;
  if (!token) throw new Error(`${file} has no token of ${name}`);
  const source = node.getSourceFile();
  const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const inputs: Inputs = { properties: new Map(), opaque: [] };
  const args = node.arguments?.[1];
  if (args) collect(args, inputs, checker, 0);
  return { where: `${source.fileName.slice(checkout.length + 1)}:${line}`, plugin, token, inputs };
}

/** Adds what an expression may give to a tree of inputs. */
function collect(expression: ts.Expression, into: Inputs, checker: ts.TypeChecker, depth: number): void {
  const again = (next: ts.Expression): void => collect(next, into, checker, depth + 1);
  const node = inner(expression);
  if (depth > 25) into.opaque.push(node.getText());
  else if (ts.isObjectLiteralExpression(node))
    node.properties.forEach((p) => property(p, into, checker, depth));
  else if (ts.isArrayLiteralExpression(node))
    for (const element of node.elements)
      if (ts.isSpreadElement(element)) again(element.expression);
      else collect(element, elementsOf(into), checker, depth + 1);
  else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(again);
  else if (ts.isBinaryExpression(node) && isChoice(node.operatorToken.kind))
    [node.left, node.right].forEach(again);
  else if (ts.isCallExpression(node)) call(node, into, checker, depth);
  else if (!isPlain(checker.getTypeAtLocation(node), checker)) {
    const value = ts.isIdentifier(node) ? initializer(node, checker) : undefined;
    if (value) again(value);
    else into.opaque.push(node.getText());
  }
}

function property(
  p: ts.ObjectLiteralElementLike,
  into: Inputs,
  checker: ts.TypeChecker,
  depth: number,
): void {
  if (ts.isSpreadAssignment(p)) {
    collect(p.expression, into, checker, depth + 1);
    return;
  }
  // A computed name is a key of a map, which may be anything.
  const name = ts.isComputedPropertyName(p.name) ? "*" : p.name.text;
  const below = into.properties.get(name) ?? { properties: new Map<string, Inputs>(), opaque: [] };
  into.properties.set(name, below);
  if (ts.isPropertyAssignment(p)) collect(p.initializer, below, checker, depth + 1);
  else if (ts.isShorthandPropertyAssignment(p)) {
    const symbol = checker.getShorthandAssignmentValueSymbol(p);
    const declaration = symbol?.valueDeclaration;
    if (declaration && ts.isVariableDeclaration(declaration) && declaration.initializer)
      collect(declaration.initializer, below, checker, depth + 1);
  }
}

/** `xs.map((x) => ({…}))` gives elements; a function of this program gives what it returns. */
function call(node: ts.CallExpression, into: Inputs, checker: ts.TypeChecker, depth: number): void {
  const [callback] = node.arguments;
  const method = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : undefined;
  if (callback && ts.isFunctionLike(callback) && (method === "map" || method === "apply")) {
    returned(callback, method === "map" ? elementsOf(into) : into, checker, depth);
    return;
  }
  const target = checker.getResolvedSignature(node)?.declaration;
  if (isPlain(checker.getTypeAtLocation(node), checker)) return;
  if (target && !target.getSourceFile().isDeclarationFile && ts.isFunctionLike(target)) {
    returned(target, into, checker, depth);
    return;
  }
  into.opaque.push(node.getText());
}

function returned(
  fn: ts.SignatureDeclaration | ts.JSDocSignature,
  into: Inputs,
  checker: ts.TypeChecker,
  depth: number,
): void {
  const body = "body" in fn ? (fn.body as ts.Node | undefined) : undefined;
  if (!body) return;
  if (!ts.isBlock(body)) {
    collect(body as ts.Expression, into, checker, depth + 1);
    return;
  }
  const visit = (child: ts.Node): void => {
    if (ts.isReturnStatement(child) && child.expression) collect(child.expression, into, checker, depth + 1);
    else if (!ts.isFunctionLike(child)) ts.forEachChild(child, visit);
  };
  visit(body);
}

/** The expression itself, without what only TypeScript reads. */
function inner(node: ts.Expression): ts.Expression {
  const wrapped =
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node);
  return wrapped ? inner(node.expression) : node;
}

function elementsOf(inputs: Inputs): Inputs {
  inputs.elements ??= { properties: new Map(), opaque: [] };
  return inputs.elements;
}

function initializer(node: ts.Identifier, checker: ts.TypeChecker): ts.Expression | undefined {
  const declaration = checker.getSymbolAtLocation(node)?.valueDeclaration;
  return declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
}

function isChoice(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.QuestionQuestionToken || kind === ts.SyntaxKind.BarBarToken;
}

/** Whether a value of this type has no names that a plugin might not know: scalars, outputs and lists of them. */
function isPlain(type: ts.Type, checker: ts.TypeChecker): boolean {
  if (type.isUnion()) return type.types.every((t) => isPlain(t, checker));
  const flags =
    ts.TypeFlags.StringLike |
    ts.TypeFlags.NumberLike |
    ts.TypeFlags.BooleanLike |
    ts.TypeFlags.Undefined |
    ts.TypeFlags.Null |
    ts.TypeFlags.Never;
  if (type.flags & flags) return true;
  // What was made elsewhere: an output holds a value of another resource.
  if (["OutputInstance", "Promise"].includes((type.symbol as ts.Symbol | undefined)?.name ?? "")) return true;
  if (type.isIntersection()) return type.types.some((t) => isPlain(t, checker));
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  if (element) return isPlain(element, checker);
  // A map such as Record<string, string>: its keys are free.
  const value = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  return value !== undefined && type.getProperties().length === 0 && isPlain(value, checker);
}
