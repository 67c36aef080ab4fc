import { defineConfig } from 'playwright/test';
import { launchOptions } from './e2e/launch.mjs';

if (!process.env.P2C2R_BUILD) {
  throw new Error('These tests need a build: run them with `npm test -- e2e [part of a file name]`.');
}
const reportFile = process.env.P2C2R_REPORT;

// Timeouts only end what hangs: a machine of two busy cores and a software GPU is slow, and a test must not fail for that.
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.e2e.ts',
  outputDir: 'test-results',
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ...(reportFile ? ([['json', { outputFile: reportFile }]] as const) : [])],
  use: { headless: true, actionTimeout: 30_000, navigationTimeout: 60_000 },
  // A browser without WebGPU starts its pages seconds faster where shaders are compiled for the processor.
  projects: [
    { name: 'processor', grepInvert: /@gpu/, use: { launchOptions: await launchOptions({ hasWebgpu: false }) } },
    { name: 'gpu', grep: /@gpu/, use: { launchOptions: await launchOptions() } },
  ],
});
