/**
 * @typedef {object} Mark what a figure must reach; at most one of the four
 * @property {number} [atLeast]
 * @property {number} [above]
 * @property {number} [atMost]
 * @property {number} [below]
 */

/**
 * @typedef {object} Row one line of the table
 * @property {string} what
 * @property {string} figure as people read it
 * @property {number | null} value null: a row of words, or a figure that could not be had
 * @property {string} unit empty for ratios and counts
 * @property {Mark} mark
 * @property {boolean | null} met null: nothing was asked of it
 */

/** A mark may be what somebody else reached. */
const MARK_DIGITS = 6;

/**
 * A measured figure.
 * @param {string} what
 * @param {number} value NaN when there was nothing to measure: any mark is then missed
 * @param {string} [unit] such as `ms`, `/s`, `x`
 * @param {Mark & { note?: string }} [options] the note stands behind the figure: what it was compared with, say
 * @returns {Row}
 */
export function figure(what, value, unit = '', { note, ...mark } = {}) {
  const number = Number.isFinite(value) ? `${rounded(value)}${unit && ` ${unit}`}` : 'none';
  const met = Object.keys(mark).length === 0 ? null : meets(value, mark);
  return {
    what,
    figure: note ? `${number}  (${note})` : number,
    value: Number.isFinite(value) ? value : null,
    unit,
    mark,
    met,
  };
}

/**
 * A row of words: what could not be measured here and why, or which machine did it.
 * @param {string} what
 * @param {string} words
 * @returns {Row}
 */
export function said(what, words) {
  return { what, figure: words, value: null, unit: '', mark: {}, met: null };
}

/** @param {Row} row @returns {string} empty when nothing is asked of it */
export function markOf({ mark: { atLeast, above, atMost, below }, unit }) {
  const told = (/** @type {number} */ bound) => `${Number(bound.toPrecision(MARK_DIGITS))}${unit && ` ${unit}`}`;
  if (atLeast !== undefined) return `>= ${told(atLeast)}`;
  if (above !== undefined) return `> ${told(above)}`;
  if (atMost !== undefined) return `<= ${told(atMost)}`;
  if (below !== undefined) return `< ${told(below)}`;
  return '';
}

/** Three digits that mean something. @param {number} value */
export function rounded(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}

/** @param {number} value @param {Mark} mark */
function meets(value, { atLeast, above, atMost, below }) {
  if (!Number.isFinite(value)) return false;
  return (
    (atLeast === undefined || value >= atLeast) &&
    (above === undefined || value > above) &&
    (atMost === undefined || value <= atMost) &&
    (below === undefined || value < below)
  );
}
