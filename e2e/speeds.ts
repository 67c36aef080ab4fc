import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright/test';
import { type BackendName, SAFE_FRAME_PATHS } from '../web/compute/backend.ts';
import { type MeasuredSpeeds, speedsKey } from '../web/compute/measured-speeds.ts';
import { adapterName, isSoftware } from '../web/compute/wgsl/gpu-device.ts';

/** Units of filters per ms, about: what is chosen by them must be what would be chosen by measured ones. */
const UNITS_PER_MS = { processor: 250_000, softwareGpu: 800 };

/** What a browser runs WebGPU on. */
export interface Machine {
  userAgent: string;
  /** As engines name it; null without WebGPU, and where it runs on a real GPU, which is measured in no time. */
  softwareAdapter: string | null;
}

/** @param serverUrl - a secure origin: others have no WebGPU. */
export async function machineOf(browser: Browser, serverUrl: string): Promise<Machine> {
  const page = await browser.newPage();
  await page.goto(new URL('/healthz', serverUrl).href);
  const { userAgent, info } = await page.evaluate(async () => {
    const { userAgent, gpu } = navigator;
    const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { userAgent, info: null };
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    return { userAgent, info: { vendor, architecture, device, description, isFallbackAdapter } as GPUAdapterInfo };
  });
  await page.close();
  return { userAgent, softwareAdapter: info && isSoftware(info) ? adapterName(info) : null };
}

/**
 * The storage of a browser that has been on this server's pages before: their engines find speeds there, and do not measure a software
 * GPU, which takes each of them about three seconds. Undefined where there is nothing to save.
 */
export async function storageAfterVisit({ userAgent, softwareAdapter }: Machine, serverUrl: string) {
  if (softwareAdapter === null) return undefined;
  const speedsFor = (preferBackend: BackendName | undefined): MeasuredSpeeds => ({
    key: speedsKey(softwareAdapter, preferBackend, userAgent),
    cpuUnitsPerMs: UNITS_PER_MS.processor,
    gpu: { filterUnitsPerMs: UNITS_PER_MS.softwareGpu, framePaths: SAFE_FRAME_PATHS, executors: {} },
    networks: {},
  });
  const entryOf = async (worker: 'volunteer' | 'stream', preferBackend?: BackendName) => ({
    key: `${worker} ${preferBackend ?? 'auto'}`,
    value: { build: await workerFile(worker), speeds: speedsFor(preferBackend) },
  });
  const records = [await entryOf('volunteer'), await entryOf('volunteer', 'wgsl'), await entryOf('stream')];
  // As `RememberedSpeeds` keeps them.
  const stores = [{ name: 'speeds', autoIncrement: false, records, indexes: [] }];
  const indexedDB = [{ name: 'p2c2r-speeds', version: 1, stores }];
  return { cookies: [], origins: [{ origin: new URL(serverUrl).origin, localStorage: [], indexedDB }] };
}

/** The name of a worker's file in the build, which has a hash of its code. */
async function workerFile(worker: 'volunteer' | 'stream'): Promise<string> {
  const files = await readdir(join(process.env.P2C2R_BUILD ?? '', 'pages/assets'));
  const found = files.find((file) => file.startsWith(`${worker}.worker-`) && file.endsWith('.js'));
  if (!found) throw new Error(`The build has no ${worker} worker.`);
  return found;
}
