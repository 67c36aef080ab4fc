import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';

/** What a figure must reach; at most one of the four. */
export type Target = Partial<Record<keyof typeof CHECKS, number>>;

/** One line of the table. */
export interface Row {
  what: string;
  /** The figure as people read it. */
  figure: string;
  /** Null for a row of text, and where nothing could be measured. */
  value: number | null;
  /** Empty for ratios and counts. */
  unit: string;
  target: Target;
  /** Null where there is no target. */
  met: boolean | null;
}

export interface SectionReport {
  name: string;
  rows: readonly Row[];
  tookS: number;
  /** Why the section has no rows. */
  crash: string | null;
}

/**
 * A measured figure.
 * @param value - NaN if nothing was measured, which misses any target
 * @param unit - such as `ms`, `/s`, `x`
 * @param options - the target, and a note to print behind the figure: what it was compared with, for example
 */
export function figure(what: string, value: number, unit = '', options: Target & { note?: string } = {}): Row {
  const { note, ...target } = options;
  const isMeasured = Number.isFinite(value);
  const bounds = boundsOf(target);
  const number = isMeasured ? `${short(value)}${unit && ` ${unit}`}` : 'none';
  return {
    what,
    unit,
    target,
    figure: note ? `${number}  (${note})` : number,
    value: isMeasured ? value : null,
    met: bounds.length === 0 ? null : isMeasured && bounds.every(([key, bound]) => CHECKS[key].isMet(value, bound)),
  };
}

/** A row of text: what could not be measured here and why, or on which device it was. */
export function text(what: string, words: string): Row {
  return { what, figure: words, value: null, unit: '', target: {}, met: null };
}

const CHECKS = {
  atLeast: { sign: '>=', isMet: (value: number, bound: number) => value >= bound },
  above: { sign: '>', isMet: (value: number, bound: number) => value > bound },
  atMost: { sign: '<=', isMet: (value: number, bound: number) => value <= bound },
  below: { sign: '<', isMet: (value: number, bound: number) => value < bound },
} as const;

const boundsOf = (target: Target) => Object.entries(target) as [keyof Target, number][];

/** Prints rows as soon as they are there, for sections that take minutes. */
export function printed(rows: readonly Row[]): readonly Row[] {
  for (const { what, figure } of rows) console.log(`${what.padEnd(64)} ${figure}`);
  return rows;
}

/** The target as text; empty where there is none. */
export function targetOf({ target, unit }: Row): string {
  // A target may be another contender's figure, with many digits.
  const bounds = boundsOf(target).map(([key, bound]) => `${CHECKS[key].sign} ${Number(bound.toPrecision(6))}`);
  return bounds.map((bound) => `${bound}${unit && ` ${unit}`}`).join();
}

/** A number with about three significant digits. */
export function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}

/** The rows of all sections in columns, one group of lines for each section. */
export function tableOf(sections: readonly SectionReport[]): string {
  const groups = [
    [['what', 'figure', 'must reach', 'met']],
    ...sections.map(({ name, rows, crash }) =>
      crash
        ? [[name, 'crashed: the reason is above', '', 'no']]
        : rows.map((row) => [`${name}: ${row.what}`, row.figure, targetOf(row), verdict(row)]),
    ),
  ];
  const widthOf = (column: number) => Math.max(...groups.flat().map((cells) => cells[column]?.length ?? 0));
  const widths = [0, 1, 2, 3].map(widthOf);
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' │ ');
  const rule = widths.map((width) => '─'.repeat(width)).join('─┼─');
  return groups.map((rows) => rows.map(line).join('\n')).join(`\n${rule}\n`);
}

function verdict({ met }: Row): string {
  if (met === null) return '';
  return met ? 'yes' : 'NO';
}

/** This machine now. A load near its number of cores or above means that other programs are busy, and that the figures are off. */
export function describeMachine() {
  const [load = 0] = loadavg();
  return { cpu: cpus()[0]?.model ?? '', cores: cpus().length, load, node: process.version };
}

/** @param machine - as it was before the first section */
export async function writeJson(
  file: string,
  machine: ReturnType<typeof describeMachine>,
  sections: readonly SectionReport[],
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, sections }, null, 2)}\n`);
}
