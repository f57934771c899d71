/** Rows in columns that are as wide as their widest cell, two spaces apart. `right` aligns columns to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, lengthOf(cell));
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const space = ' '.repeat(widths[at]! - lengthOf(cell));
        return right.includes(at) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

function lengthOf(cell: string): number {
  return [...cell].length;
}
