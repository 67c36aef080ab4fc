import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../deploy/child.mjs';

export interface Example {
  /** The word after `js` at its fence; empty: it continues the `connect` example. */
  role: string;
  /** The heading above it. */
  title: string;
  code: string;
  /** The output that the document promises. */
  prints: string[];
}

const HEADING_OR_FENCE = /^#+ (.+)$|^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm;

/** The examples of docs/sdk.md, in order, with the address of a real server. */
export async function readExamples(serverUrl: string): Promise<Example[]> {
  const text = await readFile(join(ROOT, 'docs/sdk.md'), 'utf8');
  const examples: Example[] = [];
  let title = '';
  for (const [, heading, language, role = '', body = ''] of text.matchAll(HEADING_OR_FENCE)) {
    const last = examples.at(-1);
    if (heading) title = heading;
    else if (language === 'js') {
      const code = body.replaceAll('https://your-server', serverUrl.replace(/\/$/, ''));
      examples.push({ role, title, code, prints: [] });
    } else if (language === 'text' && last) last.prints = body.trim().split('\n');
  }
  return examples;
}

/** Returns the only example of a role. */
export function exampleOf(examples: readonly Example[], role: string): Example {
  const [example, another] = examples.filter((candidate) => candidate.role === role);
  if (!example || another) throw new Error(`docs/sdk.md must have one example with the role ${role}.`);
  return example;
}
