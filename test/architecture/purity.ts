import ts from 'typescript';
import type { Complaint } from './import-table.ts';
import { lineOf, type SourceFile } from './source-file.ts';

/** Rooms whose files may reach time, chance and the world through ports only. */
const PURE = ['src/core/', 'src/kernel/'];

/** The kernel's own dealings with the runtime; each says in its docstring why. */
export const EXCEPTIONS: readonly string[] = [
  'src/kernel/runtime.ts',
  'src/kernel/ambient.ts',
  'src/kernel/stall.ts',
  'src/kernel/trap-caller.ts',
];

/** Globals that are not functions of their arguments, or lead to some that are not. */
const AMBIENT = new Set(
  [
    'setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate fetch process require module global',
    'globalThis window self performance crypto console WebSocket EventSource XMLHttpRequest MessageChannel navigator',
    'BroadcastChannel Worker Atomics SharedArrayBuffer WeakRef FinalizationRegistry Temporal Intl eval __dirname',
    '__filename localStorage sessionStorage',
  ]
    .join(' ')
    .split(' '),
);

/** Static members of otherwise harmless globals. */
const AMBIENT_MEMBERS = new Set(['Date.now', 'Math.random', 'AbortSignal.timeout', 'Error.captureStackTrace']);

/** Methods whose answer depends on the machine's language or time zone. */
const LOCAL_METHOD =
  /^(localeCompare|toLocale\w+|getTimezoneOffset|toDateString|toTimeString|[gs]et(Hours|Minutes|Date|Day|Month|FullYear|Year))$/;

/** No ambient time, chance, I/O or locale in the core and the kernel. */
export function checkPurity(files: Iterable<SourceFile>): Complaint[] {
  const complaints: Complaint[] = [];
  for (const { path, syntax } of files) {
    if (!PURE.some((room) => path.startsWith(room)) || EXCEPTIONS.includes(path)) continue;
    const own = declaredNames(syntax);
    const visit = (node: ts.Node): void => {
      const used = ambientUse(node, own);
      if (used) complaints.push(`${path}:${lineOf(syntax, node)}: uses ${used}; ask a port or the kernel for it`);
      ts.forEachChild(node, visit);
    };
    visit(syntax);
  }
  return complaints;
}

function ambientUse(node: ts.Node, own: ReadonlySet<string>): string | null {
  if (ts.isMetaProperty(node)) return node.getText();
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    const member = ts.isPropertyAccessExpression(node) ? node.name.text : literalText(node.argumentExpression);
    if (member !== null && LOCAL_METHOD.test(member)) return `.${member}, which depends on language or time zone`;
    const full = `${node.expression.getText()}.${member}`;
    return AMBIENT_MEMBERS.has(full) ? full : null;
  }
  if (ts.isNewExpression(node) && isDate(node.expression) && !node.arguments?.length) return 'new Date()';
  if (ts.isCallExpression(node) && isDate(node.expression)) return 'Date()';
  if (ts.isIdentifier(node) && AMBIENT.has(node.text) && isExpression(node) && !own.has(node.text)) return node.text;
  return null;
}

/** A value that is used, as opposed to the name of a property, a type or a declaration. */
function isExpression(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isTypeQueryNode(parent) || ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  const named = parent as ts.Node & { readonly name?: ts.Node };
  return named.name !== node || ts.isShorthandPropertyAssignment(parent);
}

/** Names that the file itself declares: they are not the globals. */
function declaredNames(syntax: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node);
    if (declares && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(syntax);
  return names;
}

function isDate(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'Date';
}

function literalText(node: ts.Expression): string | null {
  return ts.isStringLiteralLike(node) ? node.text : null;
}
