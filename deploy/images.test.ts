import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from '../shared/zod.ts';
import { settings } from '../signaling-server/boot/settings.ts';
import { ROOT } from './child.mjs';

/** The image of the server, and the files from which two hosts build and run it. */
const read = (file: string) => readFileSync(join(ROOT, 'deploy', file), 'utf8');
const dockerfile = read('Dockerfile');
const settingNames = settings.map(([, { name }]) => name);

describe('the image is for amd64 and for arm64', () => {
  test('no step names a kind of processor, and what is built elsewhere is only what runs everywhere', () => {
    const steps = dockerfile.replace(/^#.*$/gm, '');
    expect(steps).not.toMatch(/amd64|arm64|x86_64|aarch64|@sha256:/);
    const stages = [...steps.matchAll(/^FROM (?:--platform=(\S+) )?(\S+)(?: AS (\S+))?$/gm)];
    expect(stages.map(([, platform, image, name]) => [platform, image, name])).toEqual([
      ['$BUILDPLATFORM', 'node:20-bookworm-slim', 'build'],
      [undefined, 'node:20-bookworm-slim', 'packages'],
      [undefined, 'node:20-bookworm-slim', undefined],
    ]);
    // The packages may hold native code: they come from the stage of the image's own processor.
    expect(steps).toMatch(/COPY --from=packages \S*node_modules node_modules/);
    for (const [, source] of steps.matchAll(/COPY --from=build (\S+)/g)) expect(source).toMatch(/\/(pages|server)$/);
  });

  test('no package of the server is for one kind of processor alone', () => {
    const lockfile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const packages = Object.entries<{ cpu?: string[]; dev?: boolean; optional?: boolean }>(lockfile.packages);
    const bound = packages.filter(([, { cpu, dev, optional }]) => cpu && !dev && !optional).map(([path]) => path);
    expect(bound).toEqual([]);
  });

  test('the commands that build it for both are in its first lines', () => {
    expect(dockerfile).toMatch(/^# +docker buildx build --platform linux\/amd64,linux\/arm64 -f deploy\/Dockerfile/m);
  });
});

const environment = z.array(
  z.union([
    z.strictObject({ key: z.enum(settingNames), value: z.string() }),
    z.strictObject({ key: z.enum(settingNames), generateValue: z.literal(true) }),
    z.strictObject({
      key: z.enum(settingNames),
      fromService: z.strictObject({ type: z.string(), name: z.string(), property: z.literal('connectionString') }),
    }),
  ]),
);

/** What we use of https://render.com/docs/blueprint-spec. */
const render = z.strictObject({
  services: z.tuple([
    z.strictObject({
      ...{ type: z.literal('web'), name: z.string(), plan: z.string(), runtime: z.literal('docker') },
      ...{ dockerfilePath: z.literal('./deploy/Dockerfile'), dockerContext: z.literal('.') },
      ...{ healthCheckPath: z.literal('/readyz'), envVars: environment },
    }),
    z.strictObject({
      ...{ type: z.literal('keyvalue'), name: z.string(), plan: z.string() },
      ...{ maxmemoryPolicy: z.literal('noeviction'), ipAllowList: z.tuple([]) },
    }),
  ]),
});

/** What we use of https://docs.railway.com/config-as-code/reference. */
const railway = z.strictObject({
  $schema: z.literal('https://railway.com/railway.schema.json'),
  build: z.strictObject({ builder: z.literal('DOCKERFILE'), dockerfilePath: z.literal('deploy/Dockerfile') }),
  deploy: z.strictObject({
    ...{ healthcheckPath: z.literal('/readyz'), healthcheckTimeout: z.int(), numReplicas: z.literal(1) },
    ...{ restartPolicyType: z.literal('ON_FAILURE'), restartPolicyMaxRetries: z.int() },
    // Two instances without Redis would be two servers with rooms of their own.
    ...{ overlapSeconds: z.literal(0), drainingSeconds: z.int().min(5) },
  }),
});

test('the file for Render has the fields of its specification, and its server finds its Redis', () => {
  const { services } = render.parse(parse(read('render.yaml')));
  const [{ envVars }, redis] = services;
  const ofRedis = envVars.find(({ key }) => key === 'REDIS_URL');
  expect(ofRedis).toMatchObject({ fromService: { type: redis.type, name: redis.name } });
  expect(envVars.map(({ key }) => key)).toContain('INVITE_SECRET');
});

test('the file for Railway has the fields of its specification', () => {
  railway.parse(JSON.parse(read('railway.json')));
});
