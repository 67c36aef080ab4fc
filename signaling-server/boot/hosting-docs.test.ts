import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { TestBed } from '../test-server.ts';
import { settingsMarkdown } from './settings.ts';

const bed = new TestBed();
afterEach(() => bed.end());

const docs = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('docs/hosting.md lists the settings that the server reads', async () => {
  const [, table] = (await docs('hosting.md')).split(/<!-- \/?settings -->/);
  expect(table?.trim()).toBe(settingsMarkdown());
});

test.each(['monitoring/grafana-dashboard.json', 'monitoring/alerts.yaml'])(
  '%s only uses metrics that the server exports',
  async (name) => {
    const { url } = await bed.server();
    const metrics = await (await fetch(`${url}metrics`)).text();
    const given = new Set([...metrics.matchAll(/^# TYPE (\w+) /gm)].map(([, metric]) => metric));
    const asked = new Set((await docs(name)).match(/\b(p2c2r|process|nodejs)_[a-z0-9_]+/g));
    const known = [...asked].filter((metric) => given.has(metric.replace(/_(bucket|sum|count)$/, '')));
    expect(known).toEqual([...asked]);
    expect(known.length).toBeGreaterThan(5);
  },
);

test('the Grafana dashboard is valid JSON and no two of its panels overlap', async () => {
  const { panels } = JSON.parse(await docs('monitoring/grafana-dashboard.json'));
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
