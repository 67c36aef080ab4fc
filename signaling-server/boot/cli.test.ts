import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually, TestBed } from '../test-server.ts';
import { type Host, run } from './cli.ts';

const bed = new TestBed();
afterEach(() => bed.end());

/** A fake process that records its output and exit codes; `stop` is Ctrl+C. */
class TestHost implements Host {
  printed = '';
  errors = '';
  exits: number[] = [];
  nowMs = 5_000;
  stop: () => void = () => {
    throw new Error('no signal handler is registered yet');
  };

  out(text: string): void {
    this.printed += text;
  }

  err(text: string): void {
    this.errors += text;
  }

  onStop(callback: () => void): void {
    this.stop = callback;
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  now(): number {
    return this.nowMs;
  }
}

const ENV = { LOG_LEVEL: 'silent', HOST: '127.0.0.1', PORT: '0', INVITE_SECRET: 'x'.repeat(32) };

test('the server prints its address, serves until it is asked to stop, and ends with 0', async () => {
  const host = new TestHost();
  const code = run([], ENV, host);
  await eventually('the server is up', () => host.printed !== '');
  const url = /^P2C2R is at (http:\/\/127\.0\.0\.1:\d+\/) \(Ctrl\+C stops it\)\n$/.exec(host.printed)?.[1] ?? '';
  expect((await fetch(`${url}healthz`)).status).toBe(200);
  const page = bed.page(url);
  await page.join();
  host.stop();
  expect(await code).toBe(0);
  expect(await page.ended).toBe('transport close');
  expect([host.errors, host.exits]).toEqual(['', []]);
  await expect(fetch(url)).rejects.toThrow();
});

test('--lan prints the address for other machines, the same as a QR code, and why browsers will warn', async () => {
  const host = new TestHost();
  const code = run(['--lan', '--https-port', '0', '--state-dir', await bed.folder()], ENV, host);
  await eventually('the server is up', () => host.printed !== '');
  const [first, , secure] = host.printed.split('\n');
  expect(first).toMatch(/^P2C2R is at http:/);
  expect(secure?.trim()).toMatch(/^https:\/\/[\d.a-z]+:\d+\/$/);
  expect(host.printed).toContain('Each browser warns once');
  expect(host.printed).toMatch(/[█▀▄]{20}/);
  host.stop();
  expect(await code).toBe(0);
});

test('a second request to stop ends the process at once', async () => {
  const host = new TestHost();
  const code = run([], ENV, host);
  await eventually('the server is up', () => host.printed !== '');
  host.stop();
  // Ctrl+C under npm arrives twice: from the terminal and from npm.
  host.stop();
  expect(host.exits).toEqual([]);
  host.nowMs += 1_500;
  host.stop();
  expect(host.exits).toEqual([1]);
  await code;
});

test('a port in use: exit code 1 and a message that says which one and what to do, without a stack trace', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as AddressInfo;
  const host = new TestHost();
  expect(await run([`--port=${port}`], ENV, host)).toBe(1);
  expect(host.errors).toMatch(new RegExp(`^Port ${port} on 127.0.0.1 is in use.*--port 0.*\\n$`));
  squatter.close();
});

test('an address of another machine: exit code 1 and a message that says what to try', async () => {
  const host = new TestHost();
  expect(await run(['--host', '192.0.2.1'], ENV, host)).toBe(1);
  expect(host.errors).toMatch(/^HOST is "192.0.2.1".*localhost.*\n$/);
});

test('invalid settings: exit code 2 and one line for each, without a stack trace', async () => {
  const host = new TestHost();
  expect(await run(['--port', 'x', '--nonsense'], ENV, host)).toBe(2);
  expect(host.errors.trim().split('\n')).toHaveLength(2);
  expect(host.errors).not.toMatch(/^\s+at /m);
});

test('--help prints the settings and starts nothing', async () => {
  const host = new TestHost();
  expect(await run(['--help'], ENV, host)).toBe(0);
  expect(host.printed).toContain('ALLOWED_ORIGINS');
});
