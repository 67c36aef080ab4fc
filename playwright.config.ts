import { defineConfig } from 'playwright/test';
import { launchOptions } from './e2e/launch.mjs';

if (!process.env.P2C2R_BUILD) {
  throw new Error('These tests need a build: run them with `npm test -- e2e [part of a file name]`.');
}
const reportFile = process.env.P2C2R_REPORT;

// Timeouts are only for tests that hang: a machine with two busy cores and a software GPU is slow, and no test may fail for that.
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.e2e.ts',
  outputDir: 'test-results',
  retries: 0,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 60_000 },
  reporter: [['list'], ...(reportFile ? ([['json', { outputFile: reportFile }]] as const) : [])],
  use: { headless: true, actionTimeout: 60_000, navigationTimeout: 60_000 },
  // Where WebGPU runs on the processor, compiling shaders takes seconds, so tests without the tag @gpu get a browser without WebGPU.
  projects: [
    { name: 'processor', grepInvert: /@gpu/, use: { launchOptions: await launchOptions({ hasWebgpu: false }) } },
    { name: 'gpu', grep: /@gpu/, use: { launchOptions: await launchOptions() } },
  ],
});
