import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { TestBed } from '../test-server.ts';
import { settingsMarkdown } from './config.ts';

/** What docs/ says of the server is what the server does. */
const bed = new TestBed();
afterEach(() => bed.end());

const docs = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('the table of settings is the one the server reads', async () => {
  const [, table] = (await docs('hosting.md')).split(/<!-- \/?settings -->/);
  expect(table?.trim()).toBe(settingsMarkdown());
});

test.each(['monitoring/grafana-dashboard.json', 'monitoring/alerts.yaml'])(
  '%s asks for no figure that the server does not give',
  async (name) => {
    const { url } = await bed.server();
    const metrics = await (await fetch(`${url}metrics`)).text();
    const given = new Set([...metrics.matchAll(/^# TYPE (\w+) /gm)].map(([, metric]) => metric));
    const asked = new Set((await docs(name)).match(/\b(p2c2r|process)_[a-z0-9_]+/g));
    const known = [...asked].filter((metric) => given.has(metric.replace(/_(bucket|sum|count)$/, '')));
    expect(known).toEqual([...asked]);
    expect(known.length).toBeGreaterThan(5);
  },
);

test('the dashboard can be imported: it is JSON, and no two panels lie on each other', async () => {
  const { panels } = JSON.parse(await docs('monitoring/grafana-dashboard.json'));
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
