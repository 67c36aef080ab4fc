/**
 * @param {Record<string, string>} rows
 * @returns {string} two columns with a frame
 */
export function table(rows) {
  const entries = Object.entries(rows);
  const widest = (/** @type {number} */ column) => Math.max(...entries.map((entry) => entry[column]?.length ?? 0));
  const [left, right] = [widest(0), widest(1)];
  const line = (/** @type {string} */ a, /** @type {string} */ b, /** @type {string} */ c) =>
    `${a}${'─'.repeat(left + 2)}${b}${'─'.repeat(right + 2)}${c}`;
  const body = entries.map(([name, value]) => `│ ${name.padEnd(left)} │ ${value.padStart(right)} │`);
  return [line('┌', '┬', '┐'), ...body, line('└', '┴', '┘')].join('\n');
}
