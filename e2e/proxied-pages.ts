import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { TestBed } from '../signaling-server/test-server.ts';

/** The address that visitors type; its port is seldom that of the proxy or of the server. */
export const PUBLIC = 'play.example:9443';
const PAGE = { host: PUBLIC, origin: `https://${PUBLIC}` };
const FOREIGN = { host: PUBLIC, origin: 'https://foreign.example:9443' };

/** A block of docs/hosting.md, for a server on `port`. */
export async function documented(start: string, port: number): Promise<string> {
  const text = await readFile(new URL('../docs/hosting.md', import.meta.url), 'utf8');
  const block = text.split(/^```\w*\n/m).find((part) => part.startsWith(start));
  const [code = ''] = block?.split('```') ?? [];
  expect(code).toContain('localhost:8080');
  return code.replaceAll('localhost:8080', `127.0.0.1:${port}`);
}

/** The server behind a proxy lets pages of its public address join, and no others. */
export async function expectOwnPagesOnly(bed: TestBed, url: string, what: string): Promise<void> {
  expect(await bed.page(url, undefined, PAGE).tryJoin(), what).toMatchObject({ ok: true });
  await expect(bed.page(url, undefined, FOREIGN).tryJoin(), what).rejects.toThrow();
}
