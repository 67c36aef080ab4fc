import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './child.mjs';

const text = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8');
/** The rows of tables whose last column is `test`. */
const rows = tablesIn(text).filter(({ columns }) => columns.at(-1) === 'test');
const NAMED = /^`([\w./-]+)`: "([^"]+)"$/;

test('every threat of docs/threat-model.md names what stops it and a test', () => {
  const attackers = rows.map(({ heading }) => heading);
  expect(attackers).toHaveLength(6);
  for (const { heading, cells } of rows.flatMap((table) => table.rows.map((row) => ({ ...table, cells: row })))) {
    expect(cells, heading).toHaveLength(3);
    for (const cell of cells) expect(cell, `${heading}: ${cells[0]}`).not.toMatch(/^$|TODO/);
    expect(testsIn(cells), `${heading}: ${cells[0]}`).not.toHaveLength(0);
  }
});

test('every test that docs/threat-model.md names exists, under that title', () => {
  const named = rows.flatMap((table) => table.rows.flatMap(testsIn));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !exists(name))).toEqual([]);
});

test('a test that nobody wrote is noticed', () => {
  for (const missing of ['`deploy/no-such.test.ts`: "any"', '`deploy/threat-model.test.ts`: "no such title"', 'TODO']) {
    expect(exists(missing)).toBe(false);
  }
  expect(exists('`deploy/threat-model.test.ts`: "a test that nobody wrote is noticed"')).toBe(true);
});

function testsIn(cells: string[]): string[] {
  return (cells.at(-1) ?? '').split('<br>').map((name) => name.trim());
}

function exists(named: string): boolean {
  const [, file, title] = NAMED.exec(named) ?? [];
  if (!file || !title || !/\.(test\.tsx?|e2e\.ts)$/.test(file)) return false;
  try {
    const source = readFileSync(join(ROOT, file), 'utf8').replace(/\(\s+/g, '(');
    return ["'", '"', '`'].some((quote) => source.includes(`(${quote}${title}${quote}`));
  } catch {
    return false;
  }
}

interface Table {
  /** The heading above it. */
  heading: string;
  columns: string[];
  rows: string[][];
}

function tablesIn(document: string): Table[] {
  const tables: Table[] = [];
  let heading = '';
  let table: Table | null = null;
  for (const line of document.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
    if (!line.startsWith('|')) {
      table = null;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    if (!table) {
      table = { heading, columns: cells, rows: [] };
      tables.push(table);
    } else if (!cells.every((cell) => /^-+$/.test(cell))) table.rows.push(cells);
  }
  return tables;
}
