import packageJson from '../../package.json';
import { withinTime } from '../../shared/clock.ts';
import { formatLine, log, shortId } from '../../shared/log.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { adapterName } from '../compute/wgsl/gpu-device.ts';
import type { Link } from '../net/link.ts';
import type { Diagnostics, LinkDiagnostics, StreamDiagnostics } from './diagnostics-types.ts';
import type { FrameStream } from './frame-stream.ts';

// A report holds only what is listed here, field by field. Whatever names a room, a person or a machine is left out, which includes the
// sentences of errors, of `why` and of `reasons`: they contain names and addresses.

/** Time that a part of a report may take, ms. A part that hangs is left out: it may be what is wrong. */
const PART_TIMEOUT_MS = 2_000;

/** The limits of WebGPU that decide which pictures and kernels fit. */
const GPU_LIMITS = [
  'maxTextureDimension2D',
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** The part of a report that any page can make, without a client. */
export async function pageDiagnostics(): Promise<Diagnostics> {
  const gpu = await orNull(gpuDiagnostics());
  return {
    madeAt: new Date().toISOString(),
    versions: { package: packageJson.version, protocol: PROTOCOL_VERSION, build: buildName(import.meta.url) },
    machine: machineDiagnostics(),
    gpu,
    log: log.lines.map(formatLine),
  };
}

/** Null if it fails or takes longer than {@link PART_TIMEOUT_MS}. */
export function orNull<T>(part: Promise<T>): Promise<T | null> {
  return withinTime(
    part.catch(() => null),
    PART_TIMEOUT_MS,
  );
}

export async function linkDiagnostics(link: Link): Promise<LinkDiagnostics> {
  const route = await orNull(link.route());
  const { capabilities } = link;
  return {
    peer: shortId(link.peerId),
    state: link.state,
    path: route?.path ?? null,
    candidates: route ? { local: route.local, remote: route.remote } : null,
    rttMs: route?.rttMs ?? null,
    ...(capabilities && {
      adapter: capabilities.adapter,
      codecs: [...capabilities.codecs],
      backends: capabilities.backends,
    }),
  };
}

export function streamDiagnostics(stream: FrameStream): StreamDiagnostics {
  const { why: _, reasons, shares, ...stats } = stream.stats();
  const { width, height } = stream.canvas;
  return {
    ...{ width, height },
    ...stats,
    reasons: reasons.map(({ kind }) => kind),
    shares: shares.map(({ volunteerId, share }) => ({ volunteer: shortId(volunteerId), share })),
  };
}

/** The hashed file name under which the build put this code. A file's address has the server's name in it. */
export function buildName(moduleUrl: string): string {
  return new URL(moduleUrl).pathname.split('/').at(-1) ?? '';
}

function machineDiagnostics(): Diagnostics['machine'] {
  const { userAgent = '', hardwareConcurrency = 0 } = globalThis.navigator ?? {};
  return {
    userAgent,
    processors: hardwareConcurrency,
    isSecureContext: globalThis.isSecureContext ?? false,
    isHidden: globalThis.document?.hidden ?? false,
  };
}

async function gpuDiagnostics(): Promise<Diagnostics['gpu']> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return null;
  return {
    adapter: adapterName(adapter.info),
    hasHalfPrecision: adapter.features.has('shader-f16'),
    limits: Object.fromEntries(GPU_LIMITS.map((name) => [name, adapter.limits[name]])),
  };
}
