import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { eventually, TestBed } from '../test-server.ts';
import { type Host, run } from './cli.ts';

const bed = new TestBed();
afterEach(() => bed.end());

/** A process to be run in: what it printed, how it was ended, and a way to press Ctrl+C. */
class TestHost implements Host {
  printed = '';
  complained = '';
  exits: number[] = [];
  nowMs = 5_000;
  isReady = false;
  predecessorEnded?: Promise<void>;
  stop: () => void = () => {
    throw new Error('nothing listens for signals yet');
  };

  out(text: string): void {
    this.printed += text;
  }

  err(text: string): void {
    this.complained += text;
  }

  onStop(callback: () => void): void {
    this.stop = callback;
  }

  replace: () => void = () => {
    throw new Error('nothing can be replaced yet');
  };

  ready(): void {
    this.isReady = true;
  }

  onReplaced(callback: () => void): void {
    this.replace = callback;
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  now(): number {
    return this.nowMs;
  }
}

const ENV = { LOG_LEVEL: 'silent', HOST: '127.0.0.1', PORT: '0', INVITE_SECRET: 'x'.repeat(32) };

test('it says where it is, serves until asked to stop, and ends with 0', async () => {
  const host = new TestHost();
  const code = run([], ENV, host);
  await eventually('it is up', () => host.printed !== '');
  const url = /^P2C2R is at (http:\/\/127\.0\.0\.1:\d+\/) \(Ctrl\+C stops it\)\n$/.exec(host.printed)?.[1] ?? '';
  expect((await fetch(`${url}healthz`)).status).toBe(200);
  const page = bed.page(url);
  await page.join();
  host.stop();
  expect(await code).toBe(0);
  expect(await page.ended).toBe('transport close');
  expect([host.complained, host.exits]).toEqual(['', []]);
  await expect(fetch(url)).rejects.toThrow();
});

test('--lan prints where other machines find it, once more as a QR code, and why browsers will warn', async () => {
  const host = new TestHost();
  const code = run(['--lan', '--https-port', '0', '--state-dir', await bed.folder()], ENV, host);
  await eventually('it is up', () => host.printed !== '');
  const [first, , secure] = host.printed.split('\n');
  expect(first).toMatch(/^P2C2R is at http:/);
  expect(secure?.trim()).toMatch(/^https:\/\/[\d.a-z]+:\d+\/$/);
  expect(host.printed).toContain('Each browser warns once');
  expect(host.printed).toMatch(/[█▀▄]{20}/);
  host.stop();
  expect(await code).toBe(0);
});

test('a second request to stop does not wait', async () => {
  const host = new TestHost();
  const code = run([], ENV, host);
  await eventually('it is up', () => host.printed !== '');
  host.stop();
  // Ctrl+C under npm: once from the terminal, once from npm.
  host.stop();
  expect(host.exits).toEqual([]);
  host.nowMs += 1_500;
  host.stop();
  expect(host.exits).toEqual([1]);
  await code;
});

test('a busy port: which one, what to do, code 1, no stack trace', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as AddressInfo;
  const host = new TestHost();
  expect(await run([`--port=${port}`], ENV, host)).toBe(1);
  expect(host.complained).toMatch(new RegExp(`^Port ${port} on 127.0.0.1 is in use.*--port 0.*\\n$`));
  squatter.close();
});

test('an address of another machine: code 1 and what to try', async () => {
  const host = new TestHost();
  expect(await run(['--host', '192.0.2.1'], ENV, host)).toBe(1);
  expect(host.complained).toMatch(/^HOST is "192.0.2.1".*localhost.*\n$/);
});

test('wrong settings: all of them, a line each, code 2, no stack trace', async () => {
  const host = new TestHost();
  expect(await run(['--port', 'x', '--nonsense'], ENV, host)).toBe(2);
  expect(host.complained.trim().split('\n')).toHaveLength(2);
  expect(host.complained).not.toMatch(/^\s+at /m);
});

test('--help prints the table and starts nothing', async () => {
  const host = new TestHost();
  expect(await run(['--help'], ENV, host)).toBe(0);
  expect(host.printed).toContain('ALLOWED_ORIGINS');
});

test('replaced by another process, it stops at once, without the delay in which balancers look elsewhere', async () => {
  const host = new TestHost();
  const code = run([], { ...ENV, DRAIN_DELAY_S: '600', STATE_DIR: await bed.folder() }, host);
  await eventually('it is up', () => host.isReady);
  host.replace();
  expect(await code).toBe(0);
});

test('in the place of another process that goes on, it ends all the same when it cannot start', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const host = new TestHost();
  host.predecessorEnded = new Promise(() => {});
  expect(await run(['--port', String(port)], { ...ENV, STATE_DIR: await bed.folder() }, host)).toBe(1);
  taken.close();
});

test('in the place of another process it serves at once, and lets people in when that has ended and its data is written', async () => {
  const stateDir = await bed.folder();
  const host = new TestHost();
  let endPredecessor = () => {};
  host.predecessorEnded = new Promise((resolve) => {
    endPredecessor = resolve;
  });
  const code = run([], { ...ENV, STATE_DIR: stateDir }, host);
  await eventually('it is up', () => host.isReady);
  const [url = ''] = /http:\S+/.exec(host.printed) ?? [];
  expect((await fetch(`${url}healthz`)).status).toBe(200);
  const joining = bed.page(url).join();
  const isIn = await Promise.race([joining.then(() => true), sleep(100, false)]);
  expect([isIn, await readdir(stateDir)]).toEqual([false, []]);
  endPredecessor();
  await joining;
  expect(await readdir(stateDir)).toEqual(['history.jsonl']);
  host.stop();
  expect(await code).toBe(0);
});
