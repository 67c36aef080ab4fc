import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { markOf } from './rows.mjs';

/**
 * @typedef {object} SectionReport
 * @property {string} name
 * @property {import('./rows.mjs').Row[]} rows
 * @property {number} tookS
 * @property {string | null} crash why it has no rows
 */

const HEAD = ['what', 'figure', 'must reach', 'met'];

/** @param {readonly SectionReport[]} sections @returns {string} */
export function tableOf(sections) {
  const groups = sections.map(({ name, rows, crash }) =>
    crash
      ? [[name, 'crashed: the reason is above', '', 'no']]
      : rows.map((row) => [`${name}: ${row.what}`, row.figure, markOf(row), verdict(row.met)]),
  );
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...groups.flat().map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (/** @type {readonly string[]} */ cells) =>
    `│ ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' │ ')} │`;
  const rule = (/** @type {string} */ left, /** @type {string} */ middle, /** @type {string} */ right) =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(middle)}${right}`;
  const body = groups.map((rows) => rows.map(line).join('\n')).join(`\n${rule('├', '┼', '┤')}\n`);
  return [rule('┌', '┬', '┐'), line(HEAD), rule('├', '┼', '┤'), body, rule('└', '┴', '┘')].join('\n');
}

/** This machine now; a load near its cores or above means that others are working on it, and that figures are off. */
export function describeMachine() {
  const [cpu] = cpus();
  const [load = 0] = loadavg();
  return { cpu: cpu?.model ?? '', cores: cpus().length, load, node: process.version };
}

/**
 * @param {string} file
 * @param {ReturnType<typeof describeMachine>} machine before the first section
 * @param {readonly SectionReport[]} sections
 */
export async function writeJson(file, machine, sections) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ measuredAt: new Date().toISOString(), machine, sections }, null, 2)}\n`);
}

/** @param {boolean | null} met */
function verdict(met) {
  if (met === null) return '';
  return met ? 'yes' : 'NO';
}
