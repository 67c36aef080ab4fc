/**
 * Numbers and lists in English words, without `Intl`: WebKitGTK throws a RangeError from every constructor of `Intl`, whatever language it is asked for,
 * where the system's language is `C`, as in containers. The SDK and the pages speak English anyway.
 */

/** `12345.678` as `12,345.678`. Finite numbers below 1e21. */
export function withSeparators(value: number): string {
  const [whole = '', ...fraction] = String(value).split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}

/** `a`, `a and b`, or `a, b, and c`. */
export function listInWords(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  const before = items.slice(0, -1);
  if (before.length < 2) return [...before, last].join(' and ');
  return `${before.join(', ')}, and ${last}`;
}
