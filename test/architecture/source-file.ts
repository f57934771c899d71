import { posix } from 'node:path';
import ts from 'typescript';

/** One mention of another module. */
export interface Import {
  readonly specifier: string;
  /** Path from the repository root when the specifier is relative, else null. */
  readonly target: string | null;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** From the repository root, with forward slashes: `src/core/ports.ts`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Files named by a relative string (`new URL('./child.ts', import.meta.url)`): they are started, not imported. */
  readonly mentions: readonly string[];
  readonly syntax: ts.SourceFile;
}

/** Parses one file: static, dynamic and type imports, re-exports, `require`. */
export function parseSource(path: string, text: string): SourceFile {
  const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  const mentions: string[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const target = resolve(path, specifier.text);
    imports.push({ specifier: specifier.text, target, typeOnly, line: lineOf(syntax, specifier) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isExternalModuleReference(node)) add(node.expression, false);
    else if (ts.isCallExpression(node) && loads(node.expression)) add(node.arguments[0], false);
    else mentions.push(...mentioned(node).map((name) => resolve(path, name)!));
    ts.forEachChild(node, visit);
  };
  visit(syntax);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { path, lines, imports, mentions, syntax };
}

export function lineOf(syntax: ts.SourceFile, node: ts.Node): number {
  return syntax.getLineAndCharacterOfPosition(node.getStart(syntax)).line + 1;
}

/** `import type …`, or every name in the braces is marked `type`. */
function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause) return false;
  if (importClause.isTypeOnly) return true;
  const { name, namedBindings } = importClause;
  if (name || !namedBindings || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((element) => element.isTypeOnly);
}

/** `'./child.ts'`, or `./child${extension}` where the extension depends on whether the code was built. */
function mentioned(node: ts.Node): string[] {
  let text: string | null = null;
  if (ts.isStringLiteralLike(node)) text = node.text;
  if (ts.isTemplateExpression(node)) {
    const [span, ...more] = node.templateSpans;
    if (more.length === 0 && span?.literal.text === '') text = `${node.head.text.replace(/\.$/, '')}.ts`;
  }
  return text !== null && /^\.{1,2}\/[\w./-]+\.ts$/.test(text) ? [text] : [];
}

function loads(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
}

function resolve(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : null;
}
