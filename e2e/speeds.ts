import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright/test';
import { type BackendName, SAFE_FRAME_PATHS } from '../web/compute/backend.ts';
import { type MeasuredSpeeds, speedsKey } from '../web/compute/measured-speeds.ts';
import { adapterName, isSoftware } from '../web/compute/wgsl/gpu-device.ts';

/** Units of filters per ms of two cores, about: what is chosen from speeds must be what would be chosen from measured ones. */
const UNITS_PER_MS = { wasm: 200_000, js: 5_000, softwareGpu: 800 };

/** What a browser's pages would measure. */
export interface Machine {
  userAgent: string;
  /** The name of its GPU adapter as engines know it; empty without WebGPU. */
  adapter: string;
  /** False where there is a real GPU: its speed is unknown, and measuring it takes no seconds. */
  isKnown: boolean;
}

export async function machineOf(browser: Browser, serverUrl: string): Promise<Machine> {
  const page = await browser.newPage();
  // WebGPU is there for secure origins only.
  await page.goto(new URL('/healthz', serverUrl).href);
  const { userAgent, info } = await page.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { userAgent: navigator.userAgent, info: null };
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    const info = { vendor, architecture, device, description, isFallbackAdapter } as GPUAdapterInfo;
    return { userAgent: navigator.userAgent, info };
  });
  await page.close();
  return { userAgent, adapter: info ? adapterName(info) : '', isKnown: info === null || isSoftware(info) };
}

/**
 * The storage of a browser that has been on this server's pages before: engines find speeds there and do not measure the machine, which
 * takes each of them a good part of a second, and seconds where WebGPU runs on the processor.
 */
export async function visitedBefore({ userAgent, adapter, isKnown }: Machine, serverUrl: string) {
  const speedsOf = (preferBackend: BackendName | undefined): MeasuredSpeeds => {
    const usesGpu = preferBackend === undefined || preferBackend === 'wgsl';
    const gpu = { filterUnitsPerMs: UNITS_PER_MS.softwareGpu, framePaths: SAFE_FRAME_PATHS, executors: {} };
    return {
      key: speedsKey(usesGpu ? adapter : '', preferBackend, userAgent),
      cpuUnitsPerMs: preferBackend === 'js' ? UNITS_PER_MS.js : UNITS_PER_MS.wasm,
      gpu: usesGpu && adapter !== '' ? gpu : null,
      networks: {},
    };
  };
  const build = { volunteer: await workerFile('volunteer'), stream: await workerFile('stream') };
  const records = [
    ...([undefined, 'wasm', 'js', 'wgsl'] as const).map((backend) => ['volunteer', backend] as const),
    ['stream', undefined] as const,
  ].map(([worker, backend]) => ({
    key: `${worker} ${backend ?? 'auto'}`,
    value: { build: build[worker], speeds: speedsOf(backend) },
  }));
  // As `RememberedSpeeds` keeps them.
  const stores = [{ name: 'speeds', autoIncrement: false, records, indexes: [] }];
  const indexedDB = [{ name: 'p2c2r-speeds', version: 1, stores }];
  const { origin } = new URL(serverUrl);
  return { cookies: [], origins: isKnown ? [{ origin, localStorage: [], indexedDB }] : [] };
}

/** The name of a worker's file in the build, which has a hash of its code. */
async function workerFile(worker: 'volunteer' | 'stream'): Promise<string> {
  const files = await readdir(join(process.env.P2C2R_BUILD ?? '', 'pages/assets'));
  const found = files.find((file) => file.startsWith(`${worker}.worker-`) && file.endsWith('.js'));
  if (!found) throw new Error(`The build has no ${worker} worker.`);
  return found;
}
