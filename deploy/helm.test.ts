import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as render } from '@evertdespiegeleer/go-template';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Container, Secret, Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { z } from '../shared/zod.ts';
import { settings } from '../signaling-server/boot/settings.ts';
import { ROOT } from './child.mjs';

/** The Helm chart, rendered by Go's template engine itself: the templates use none of the functions that Helm adds. */
const CHART = join(ROOT, 'deploy/helm');
const read = (file: string) => readFileSync(join(CHART, file), 'utf8');
const chart = parse(read('Chart.yaml'));
const templates = readdirSync(join(CHART, 'templates')).filter((file) => file.endsWith('.yaml'));
const settingNames = settings.map(([, { name }]) => name);

const SECRET = 'not-a-secret-but-long-enough-for-one';
const REQUIRED = { image: { repository: 'registry.example/p2c2r' }, host: 'play.example.org' };
const VALUES = {
  'the least': { ...REQUIRED, secrets: { inviteSecret: SECRET } },
  everything: {
    ...{ ...REQUIRED, replicas: 3, redis: { enabled: true }, stateClaim: 'p2c2r-state' },
    image: { repository: 'registry.example/p2c2r', tag: '1.2.3', pullPolicy: 'Always' },
    secrets: {
      ...{ inviteSecret: SECRET, turnSecret: `turn "${SECRET}"`, operatorToken: `token-${SECRET}` },
      redisUrl: `redis://:${SECRET}@redis:6379`,
    },
    turn: { urls: ['turn:turn.example.org:3478', 'turns:turn.example.org:5349'] },
    settings: { LOBBY: 'on', MAX_SESSIONS: '5000' },
    ingress: { className: 'nginx', tlsSecretName: 'tls', annotations: { 'cert-manager.io/cluster-issuer': 'le' } },
  },
  'a Secret of one’s own, no ingress': {
    ...{ ...REQUIRED, secrets: { existing: 'mine' }, ingress: { enabled: false } },
    ...{ redis: { enabled: true }, turn: { urls: ['turn:turn.example.org'] } },
  },
};
const RELAY_SECRETS = { inviteSecret: SECRET, turnSecret: SECRET };
type Values = Record<string, unknown>;

/** What the chart consists of, by the kind. A test checks that it is what these types say. */
interface Kinds {
  Deployment: Deployment;
  PodDisruptionBudget: PodDisruptionBudget;
  Service: Service;
  Ingress: Ingress;
  Secret: Secret;
}
type Kind = keyof Kinds;
type Manifest = Kinds[Kind];

test('the manifests are what Kubernetes expects, to the last field', async () => {
  const manifests = await Promise.all(Object.values(VALUES).map(manifestsOf));
  expect(manifests.map(({ length }) => length)).toEqual([5, 5, 3]);
  const misspelt = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec: { maxUnavailabel: 1 } };
  const errors = typeErrorsOf([...manifests.flat(), misspelt as Manifest]);
  expect(errors).toEqual([expect.stringContaining('maxUnavailabel')]);
});

describe.each(Object.entries(VALUES))('with %s', (_, values) => {
  test('the server runs without privileges, is probed, and gets only settings that it knows', async () => {
    const manifests = await manifestsOf(values);
    const pod = one(manifests, 'Deployment').spec?.template.spec;
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(pod?.automountServiceAccountToken).toBe(false);
    const [server] = pod?.containers ?? [];
    expect(server?.securityContext).toEqual({
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ['ALL'] },
    });
    expect([server?.livenessProbe?.httpGet?.path, server?.readinessProbe?.httpGet?.path]).toEqual([
      '/healthz',
      '/readyz',
    ]);
    const env = envOf(server);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(Number(env.DRAIN_DELAY_S) + 5);
    const secrets = manifests.filter(isOf('Secret')).flatMap(({ stringData = {} }) => Object.keys(stringData));
    expect([...Object.keys(env), ...secrets].filter((name) => !settingNames.includes(name))).toEqual([]);
  });

  test('every selector finds the pods, and no secret is outside the Secret', async () => {
    const manifests = await manifestsOf(values);
    const { spec } = one(manifests, 'Deployment');
    const budget = one(manifests, 'PodDisruptionBudget').spec?.selector?.matchLabels;
    for (const selector of [spec?.selector.matchLabels, budget, one(manifests, 'Service').spec?.selector]) {
      expect(spec?.template.metadata?.labels).toMatchObject(selector ?? { nothing: 'is selected' });
    }
    expect(JSON.stringify(manifests.filter(({ kind }) => kind !== 'Secret'))).not.toContain(SECRET);
  });

  test('the values pass the schema of the chart', () => {
    expect(schema.safeParse(withDefaults(values)).error).toBe(undefined);
  });
});

test('values arrive where they belong, whatever characters they have', async () => {
  const manifests = await manifestsOf(VALUES.everything);
  const { spec } = one(manifests, 'Deployment');
  const [server] = spec?.template.spec?.containers ?? [];
  expect([spec?.replicas, spec?.strategy?.type, server?.image]).toEqual([
    ...[3, 'RollingUpdate', 'registry.example/p2c2r:1.2.3'],
  ]);
  const env = envOf(server);
  expect(env).toMatchObject({ LOBBY: 'on', MAX_SESSIONS: '5000', TRUSTED_PROXIES: '1' });
  expect(env.TURN_URLS).toBe('turn:turn.example.org:3478,turns:turn.example.org:5349');
  expect(one(manifests, 'Secret').stringData?.TURN_SECRET).toBe(`turn "${SECRET}"`);
  expect(one(manifests, 'Ingress').spec).toMatchObject({ ingressClassName: 'nginx', tls: [{ secretName: 'tls' }] });
});

test('without Redis an update never has two servers with rooms of their own', async () => {
  expect(one(await manifestsOf(VALUES['the least']), 'Deployment').spec?.strategy).toEqual({ type: 'Recreate' });
});

test.each<[string, Values]>([
  ['several replicas without Redis', { ...VALUES['the least'], replicas: 2 }],
  ['no secret', REQUIRED],
  ['a short secret', { ...REQUIRED, secrets: { inviteSecret: 'short' } }],
  ['no host', { image: REQUIRED.image, secrets: { inviteSecret: SECRET } }],
  [
    'a relay that is none',
    { ...VALUES['the least'], secrets: RELAY_SECRETS, turn: { urls: ['https://turn.example.org'] } },
  ],
  ['a relay without its secret', { ...VALUES['the least'], turn: { urls: ['turn:turn.example.org'] } }],
  ['Redis without its address', { ...VALUES['the least'], redis: { enabled: true } }],
])('the schema of the chart refuses %s', (_, values) => {
  expect(schema.safeParse(withDefaults(values)).success).toBe(false);
});

test('the notes say what is missing', async () => {
  const notes = (values: Values) => rendered(read('templates/NOTES.txt'), values);
  expect(await notes(VALUES['the least'])).toMatch(/play\.example\.org\/check.*no relay.*no Redis/s);
  expect(await notes(VALUES.everything)).not.toMatch(/no relay|no Redis/);
});

test('the chart has the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect([chart.version, chart.appVersion]).toEqual([version, version]);
});

test('Helm itself finds nothing to complain about, and renders the same', async (context) => {
  if (spawnSync('helm', ['version']).status !== 0) {
    context.skip('helm is not on the PATH: only Go’s template engine has rendered the chart');
  }
  for (const values of Object.values(VALUES)) {
    const file = join(folder, 'values.yaml');
    writeFileSync(file, stringify(values));
    execFileSync('helm', ['lint', '--strict', CHART, '--values', file]);
    const rendered = execFileSync('helm', ['template', RELEASE.Name, CHART, '--values', file], { encoding: 'utf8' });
    expect(sorted(documentsOf(rendered))).toEqual(sorted(await manifestsOf(values)));
  }
});

const schema = z.fromJSONSchema(JSON.parse(read('values.schema.json')));
const RELEASE = { Name: 'games', Service: 'Helm' };
/** Inside the checkout, where the types of Kubernetes are found. */
const folder = mkdtempSync(join(ROOT, 'node_modules/.p2c2r-helm-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As Helm does: objects are merged, and lists replaced. */
function withDefaults(values: Values): Values {
  const merged: Values = parse(read('values.yaml'));
  for (const [name, value] of Object.entries(values)) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    merged[name] = isObject ? { ...(merged[name] as Values), ...value } : value;
  }
  return merged;
}

async function manifestsOf(values: Values): Promise<Manifest[]> {
  // One text, since files may use what others define.
  return documentsOf(await rendered(templates.map((file) => read(`templates/${file}`)).join('\n---\n'), values));
}

async function rendered(template: string, values: Values): Promise<string> {
  const text = await render(template, {
    ...{ Values: withDefaults(values), Release: RELEASE },
    Chart: { Name: chart.name, AppVersion: chart.appVersion },
  });
  expect(text).not.toContain('<no value>');
  return text;
}

function documentsOf(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() ?? [];
  });
}

const sorted = (manifests: Manifest[]) => manifests.toSorted((a, b) => String(a.kind).localeCompare(String(b.kind)));

const isOf =
  <K extends Kind>(kind: K) =>
  (manifest: Manifest): manifest is Kinds[K] =>
    manifest.kind === kind;

function one<K extends Kind>(manifests: Manifest[], kind: K): Kinds[K] {
  const [found, ...others] = manifests.filter(isOf(kind));
  if (!found || others.length > 0) throw new Error(`There must be one ${kind}.`);
  return found;
}

function envOf(container: Container | undefined): Record<string, string> {
  return Object.fromEntries((container?.env ?? []).map(({ name, value = '' }) => [name, value]));
}

/** Where the types of each kind are. They come from Kubernetes' own OpenAPI description. */
const GROUPS: Record<Kind, string> = {
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  Ingress: 'networking.k8s.io/v1',
  Service: 'v1',
  Secret: 'v1',
};
const moduleOf = (group: string) => (group === 'v1' ? 'core/v1' : group.replace('.k8s.io', ''));

/** What TypeScript says of the manifests as literals of these types: a field that does not exist is an error. */
function typeErrorsOf(manifests: Manifest[]): string[] {
  const file = join(folder, 'manifests.ts');
  const lines = manifests.map((manifest, index) => {
    const kind = manifest.kind as Kind;
    expect(manifest.apiVersion, kind).toBe(GROUPS[kind]);
    return `export const manifest${index}: import('kubernetes-types/${moduleOf(GROUPS[kind])}').${kind} = ${JSON.stringify(manifest)};`;
  });
  writeFileSync(file, lines.join('\n'));
  const { ES2022 } = ts.ScriptTarget;
  const program = ts.createProgram([file], {
    ...{ strict: true, noEmit: true, types: [], lib: ['lib.es5.d.ts'], target: ES2022 },
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    module: ts.ModuleKind.ESNext,
  });
  const problems = ts.getPreEmitDiagnostics(program);
  return problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
