import type { ConnectionReport, ConnectionStep, ConnectionStepName } from '../sdk/types.ts';
import type { Tone } from '../ui/layout.tsx';

/** `limited`: it fails and is not needed, or works less well than it could. */
export type StepVerdict = 'good' | 'limited' | 'bad' | 'skipped';

export function verdictOf({ ok, required, skipped, next }: ConnectionStep): StepVerdict {
  if (skipped) return 'skipped';
  if (!ok && required) return 'bad';
  return ok && next === undefined ? 'good' : 'limited';
}

export const VERDICT_LABELS: Record<StepVerdict, string> = {
  good: 'Works',
  limited: 'Limited',
  bad: 'Fails',
  skipped: 'Not tested',
};

export const STEP_LABELS: Record<ConnectionStepName, string> = {
  server: 'Server',
  stun: 'STUN: this network from outside',
  relay: 'Relay (TURN)',
  'relay-udp': 'Relay by UDP',
  'relay-tcp': 'Relay by TCP',
  'relay-tls': 'Relay by TLS',
  'relay-need': 'Does this network need a relay?',
  throughput: 'Data between two browsers',
  webgpu: 'Graphics card (WebGPU)',
  'shader-f16': 'Half precision (shader-f16)',
  webcodecs: 'Video codecs (WebCodecs)',
  webgl2: 'Drawing (WebGL 2)',
  isolation: 'Threads (cross-origin isolation)',
};

const OF_MACHINE: readonly ConnectionStepName[] = ['webgpu', 'shader-f16', 'webcodecs', 'webgl2', 'isolation'];

export function isOfMachine({ name }: Pick<ConnectionStep, 'name'>): boolean {
  return OF_MACHINE.includes(name);
}

/** @param report - null while the test runs */
export function headlineOf(report: ConnectionReport | null): { tone: Tone; headline: string } {
  if (!report) return { tone: 'busy', headline: 'Testing. This takes less than ten seconds.' };
  const failing = report.steps.filter((step) => verdictOf(step) === 'bad').map(({ name }) => STEP_LABELS[name]);
  if (failing.length > 0) {
    return { tone: 'bad', headline: `Something that is needed does not work: ${failing.join('; ')}.` };
  }
  const limited = report.steps.filter((step) => verdictOf(step) !== 'good');
  if (limited.length === 0) return { tone: 'good', headline: 'Everything works.' };
  return { tone: 'good', headline: 'What is needed works. Below is what could be better.' };
}
