import type { ZodType, z } from 'zod';
import { MeshError } from '../errors.ts';

/** Longest text, in characters, that is repeated to who gave it. */
const MAX_GIVEN_CHARS = 40;

/** What zod calls types, in words. */
const TYPES: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  tuple: 'an array',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
};

/** Validates the input of a task. Throws MeshError `bad-input` with a sentence that names the wrong member, what it is and what it must be. */
export function checkedInput<T>(schema: ZodType<T>, input: unknown, what: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (!issue) throw MeshError.badInput(`The input of the ${what} task is wrong. Correct it.`);
  const member = issue.path.length > 0 ? memberAt(issue.path) : 'its input';
  const given = words(valueAt(input, issue.path));
  throw MeshError.badInput(`In the ${what} task, ${member} is ${given}, but must be ${wantedBy(issue)}. Correct it.`);
}

/** As a programmer writes it: `queries[0].start[1]`. */
function memberAt(path: readonly PropertyKey[]): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    const name = String(key);
    return /^[a-z_$][\w$]*$/i.test(name) ? `.${name}` : `[${JSON.stringify(name.slice(0, MAX_GIVEN_CHARS))}]`;
  });
  return steps.join('').replace(/^\./, '');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const holder: object = Object(value);
    return key in holder ? Reflect.get(holder, key) : undefined;
  }, input);
}

function words(given: unknown): string {
  if (given === undefined) return 'missing';
  if (typeof given === 'string') return JSON.stringify(given.slice(0, MAX_GIVEN_CHARS));
  if (Array.isArray(given)) return given.length === 1 ? 'an array of 1 item' : `an array of ${given.length} items`;
  if (typeof given === 'object' && given !== null) return `an object (${given.constructor?.name ?? 'Object'})`;
  return typeof given === 'function' ? 'a function' : String(given);
}

function wantedBy(issue: z.core.$ZodIssue): string {
  // A schema's own words: zod's begin with a capital.
  if (issue.message.startsWith('expected ')) return issue.message.slice('expected '.length);
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return amount(issue.origin, 'at least', Number(issue.minimum), issue.inclusive);
    case 'too_big':
      return amount(issue.origin, 'at most', Number(issue.maximum), issue.inclusive);
    default:
      return issue.message;
  }
}

function amount(origin: string, bound: 'at least' | 'at most', limit: number, isInclusive = true): string {
  const noun = limit === 1 ? 'item' : 'items';
  if (origin === 'array' || origin === 'set') return `${bound} ${limit} ${noun}`;
  if (origin === 'string') return `${bound} ${limit} characters long`;
  if (isInclusive) return `${bound} ${limit}`;
  return `${bound === 'at least' ? 'above' : 'below'} ${limit}`;
}
