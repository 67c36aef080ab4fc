import type { IceFinding, NetworkFindings } from '../../net/connection-test/findings.ts';
import type { MachineFindings } from './machine-probe.ts';
import type { ConnectionStep, ConnectionStepName } from './report.ts';

export const WORKS: IceFinding = { result: 'works', ms: 40 };
export const NOT_OFFERED: IceFinding = { result: 'not-offered', ms: null };
export const SILENT: IceFinding = { result: 'silent', ms: null };

/** A network at home, and a server with a relay. */
export const GOOD_NETWORK: NetworkFindings = {
  isOnline: true,
  hasWebRtc: true,
  server: { result: 'works', isPolling: false, joinMs: 80, rttMs: 20.4 },
  isStoppedByPolicy: false,
  credentialRefusal: null,
  stun: { result: 'works', ms: 30, translation: 'steady' },
  relay: { udp: WORKS, tcp: WORKS, tls: WORKS },
  throughput: { result: 'works', path: 'relay', upMbps: 20.4, downMbps: 40, rttMs: 25 },
};

/** The same without a relay. */
export const NO_RELAY: NetworkFindings['relay'] = { udp: NOT_OFFERED, tcp: NOT_OFFERED, tls: NOT_OFFERED };

export const GOOD_MACHINE: MachineFindings = {
  isSecure: true,
  browser: 'chromium',
  isLinux: false,
  gpu: { result: 'works', name: 'nvidia ada', isSoftware: false, hasHalfPrecision: true },
  codecs: [
    { codec: 'h264', encodes: 'hardware', decodes: 'hardware' },
    { codec: 'vp9', encodes: 'software', decodes: 'hardware' },
    { codec: 'av1', encodes: null, decodes: 'software' },
  ],
  captureMethod: 'processor',
  webgl: { isSoftware: false },
  isIsolated: true,
};

export function stepOf(steps: readonly ConnectionStep[], name: ConnectionStepName): ConnectionStep {
  const step = steps.find((one) => one.name === name);
  if (!step) throw new Error(`There is no step ${name}.`);
  return step;
}
