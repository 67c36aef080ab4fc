import { afterEach, expect, test, vi } from 'vitest';
import { IDLE_STATUS, newSessionKey, TestBed } from '../test-server.ts';
import { hashedNetworksOf } from './client-address.ts';
import { LIMITS, Limits, type LimitTable, OverLimit, type Sender } from './limits.ts';

const bed = new TestBed();
afterEach(async () => {
  vi.useRealTimers();
  await bed.end();
});

const TABLE: LimitTable = { ...LIMITS, signalsPerSession: 3, signalsPerAddress: 5, socketsPerAddress: 2 };
const only = (key: string): Sender['networks'] => [{ key, times: 1 }];
const home = only('home');
const refusalOf = (spending: Promise<void>) =>
  spending.then(
    () => null,
    (cause: unknown) => cause,
  );

test('a session has a limit, and all sessions of an address share another', async () => {
  const limits = new Limits(1, TABLE);
  const spend = (session: string, networks = home) => refusalOf(limits.spend('signals', { networks, session }));
  for (let times = 0; times < 3; times++) expect(await spend('a')).toBeNull();
  expect(await spend('a')).toMatchObject({
    reason: 'rate-limited',
    message: expect.stringMatching(/from this page. Wait/),
  });
  expect(await spend('b')).toBeNull();
  expect(await spend('b')).toBeNull();
  expect(await spend('c'), 'what a session was refused does not count against its address').toMatchObject({
    message: expect.stringMatching(/from this address/),
  });
  expect(await spend('c', only('elsewhere'))).toBeNull();
});

test('a new window resets the limits; the error says when it starts and how far the limit was exceeded', async () => {
  vi.useFakeTimers();
  const limits = new Limits(1, TABLE);
  const spend = () => refusalOf(limits.spend('signals', { networks: home, session: 'a' }, 3));
  expect(await spend()).toBeNull();
  vi.advanceTimersByTime(4_000);
  const refusal = await spend();
  expect(refusal).toBeInstanceOf(OverLimit);
  expect(refusal).toMatchObject({ times: 2, message: expect.stringContaining(`Wait ${LIMITS.windowS - 4} s`) });
  vi.advanceTimersByTime(6_001);
  expect(await spend()).toBeNull();
});

test('the factor multiplies every limit, and 0 switches them off', async () => {
  const wide = new Limits(2, TABLE);
  const spend = (limits: Limits, points: number) =>
    refusalOf(limits.spend('signals', { networks: home, session: 'a' }, points));
  expect(await spend(wide, 6)).toBeNull();
  expect(await spend(wide, 1)).toBeInstanceOf(OverLimit);
  expect(await spend(new Limits(0, TABLE), 1e9)).toBeNull();
});

test('the number of open sockets per address is limited', () => {
  const limits = new Limits(1, TABLE);
  limits.socketOpened(home);
  const close = limits.socketOpened(home);
  expect(() => limits.checkSockets(home)).toThrow(/too many connections/);
  limits.checkSockets(only('elsewhere'));
  close();
  limits.checkSockets(home);
});

test('a page that joins too often is refused with a reason, and others of its address are not', async () => {
  const { url } = await bed.server({ limitFactor: 1 });
  const sessionKey = newSessionKey();
  const answers = [];
  for (let times = 0; times <= LIMITS.joinsPerSession; times++) answers.push(await bed.page(url, sessionKey).tryJoin());
  expect(answers.slice(0, -1).every(({ ok }) => ok)).toBe(true);
  expect(answers.at(-1)).toMatchObject({ ok: false, error: { reason: 'rate-limited' } });
  expect(await bed.page(url).tryJoin()).toMatchObject({ ok: true });
});

test('a flood of events is refused with a reason, then its socket is dropped, while others are served', async () => {
  const { url } = await bed.server({ limitFactor: 1 });
  const [flooder, bystander] = [bed.page(url), bed.page(url)];
  await Promise.all([flooder.join(), bystander.join({ role: 'volunteer' })]);
  const answers = await Promise.all(
    Array.from({ length: LIMITS.eventsPerSession + 1 }, () => flooder.ask('link', { outcome: 'direct' })),
  );
  expect(answers.filter(({ ok }) => ok)).toHaveLength(LIMITS.eventsPerSession);
  expect(answers.at(-1)).toMatchObject({ error: { reason: 'rate-limited' } });
  for (let times = 0; times < LIMITS.dropAtTimes * LIMITS.eventsPerSession; times++) flooder.send('link', {});
  expect(await flooder.ended).toMatch(/transport/);
  expect(await bystander.ask('status', IDLE_STATUS)).toMatchObject({ ok: true });
  const metrics = await (await fetch(`${url}metrics`)).text();
  expect(metrics).toMatch(/p2c2r_refusals_total\{event="link",reason="rate-limited"\} \d{3}/);
});

test('a session that sends too many bytes loses its socket', async () => {
  const { url } = await bed.server({ limitFactor: 1 });
  const page = bed.page(url);
  await page.join();
  const text = 'x'.repeat(60_000);
  for (let sentBytes = 0; sentBytes <= LIMITS.bytesPerSession; sentBytes += text.length) page.send('signal', text);
  expect(await page.ended).toMatch(/transport/);
  const metrics = await (await fetch(`${url}metrics`)).text();
  expect(metrics).toMatch(/p2c2r_refusals_total\{event="bytes",reason="rate-limited"\} \d/);
});

test('sockets that one address opens too fast are refused; those of another are not', async () => {
  // Few enough for any machine to open within the limit's window.
  const limitFactor = 0.1;
  const { url } = await bed.server({ limitFactor, trustedProxies: 1 });
  const from = (address: string) => bed.page(url, newSessionKey(), { 'x-forwarded-for': `10.9.9.9, ${address}` });
  const joins = await Promise.allSettled(
    Array.from({ length: limitFactor * LIMITS.connectsPerAddress + 1 }, () => from('192.0.2.9').tryJoin()),
  );
  expect(joins.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  const limited = joins.filter((join) => join.status === 'fulfilled' && !join.value.ok);
  expect(limited).toHaveLength(limitFactor * (LIMITS.connectsPerAddress - LIMITS.joinsPerAddress));
  expect(await from('192.0.2.10').tryJoin()).toMatchObject({ ok: true });
  const metrics = await (await fetch(`${url}metrics`)).text();
  expect(metrics).toContain('p2c2r_refusals_total{event="connect",reason="rate-limited"} 1');
});

test('what a page of another site shows of this server, as images, takes nothing of its visitor’s connections', async () => {
  const { url } = await bed.server({ limitFactor: 0.1 });
  const image = async () => {
    const response = await fetch(`${url}socket.io/?EIO=4&transport=polling`, {
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    await response.text();
    return response.status;
  };
  for (let times = 0; times <= 0.1 * LIMITS.connectsPerAddress; times++) expect(await image()).toBe(403);
  expect(await bed.page(url).tryJoin()).toMatchObject({ ok: true });
});

test('the networks around an address have their own limits, so one site with a /56 or /48 cannot take every session', async () => {
  const table: LimitTable = { ...LIMITS, joinsPerAddress: 2, socketsPerAddress: 1 };
  const limits = new Limits(1, table);
  const join = (address: string) =>
    refusalOf(limits.spend('joins', { networks: hashedNetworksOf(address, 'key'), session: address }));
  const joinsOf = async (addresses: string[]) => {
    const answers = [];
    for (const address of addresses) answers.push(await join(address));
    return answers.filter((answer) => answer === null).length;
  };
  const everyOf = (prefix: (index: string) => string) =>
    Array.from({ length: 256 }, (_, index) => prefix(index.toString(16).padStart(2, '0')));
  // One address of each of the 256 networks of /64 in a /56, then one of each /56 in the same /48.
  expect(await joinsOf(everyOf((index) => `2001:db8:1:1${index}::1`))).toBe(4);
  expect(await joinsOf(everyOf((index) => `2001:db8:1:${index}00::1`))).toBe(4);
  expect(await joinsOf(everyOf((index) => `192.0.2.${Number.parseInt(index, 16)}`))).toBe(16);
  expect(await join('2001:db8:2::1'), 'another site').toBeNull();
  expect(await join('192.0.3.1')).toBeNull();

  const opened = Array.from({ length: 2 }, (_, index) => {
    const networks = hashedNetworksOf(`2001:db8:1:1${index}::1`, 'key');
    limits.checkSockets(networks);
    return limits.socketOpened(networks);
  });
  expect(() => limits.checkSockets(hashedNetworksOf('2001:db8:1:13::1', 'key'))).toThrow(/too many connections/);
  limits.checkSockets(hashedNetworksOf('2001:db8:1:200::1', 'key'));
  for (const close of opened) close();
  limits.checkSockets(hashedNetworksOf('2001:db8:1:13::1', 'key'));
});

test('what one address was refused does not use up what its neighbours may', async () => {
  const limits = new Limits(1, { ...LIMITS, joinsPerAddress: 1 });
  const join = (address: string) => refusalOf(limits.spend('joins', { networks: hashedNetworksOf(address, 'key') }));
  for (let times = 0; times < 50; times++) await join('192.0.2.1');
  expect(await join('192.0.2.2')).toBeNull();
});

test('one site cannot fill the server: a /56 gets only part of the sessions, and others can still join', async () => {
  const { url } = await bed.server({ limitFactor: 0.1, trustedProxies: 1, maxSessions: 40 });
  const from = (address: string) => bed.page(url, newSessionKey(), { 'x-forwarded-for': address });
  const joins = await Promise.allSettled(
    Array.from({ length: 60 }, (_, index) => from(`2001:db8:1:${index}::1`).tryJoin()),
  );
  const admitted = joins.filter((join) => join.status === 'fulfilled' && join.value.ok);
  expect(admitted).toHaveLength(2 * 0.1 * LIMITS.joinsPerAddress);
  expect(await from('2001:db8:2::1').tryJoin()).toMatchObject({ ok: true });
});
