import { afterEach, describe, expect, it, vi } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { log } from '../../shared/log.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { reportConnectionOutcome } from '../net/connection-outcome.ts';
import type { Link } from '../net/link.ts';
import type { LinkEvent } from '../net/link-environment.ts';
import { Listeners } from '../net/listeners.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import { SideChoice } from '../stream/gamer/side-choice.ts';
import { buildName, linkDiagnostics, orNull, pageDiagnostics, streamDiagnostics } from './diagnostics.ts';
import type { FrameStream } from './frame-stream.ts';

const SECRETS = {
  id: 'Xk2p9aQQQQQQQQQQQQQQQQ',
  person: 'brave-otter',
  address: '192.168.77.20',
  server: 'play.example.org',
  room: 'the secret garden',
};

afterEach(() => {
  vi.useRealTimers();
});

function expectNoSecrets(report: unknown): void {
  const text = JSON.stringify(report);
  for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret);
}

function fakeLink(): Link {
  const capabilities = {
    ...{ adapter: 'A card', tasks: ['echo'], codecs: ['h264'] },
    backends: { upscale: { backend: 'wgsl', unitsPerMs: 2 } },
  };
  return {
    ...{ peerId: SECRETS.id, peerName: SECRETS.person, state: 'open', capabilities },
    route: async () => ({ path: 'direct', local: 'host', remote: 'srflx', rttMs: 3 }),
  } as unknown as Link;
}

function fakeStream(): FrameStream {
  const why = `You chose volunteers; ${SECRETS.person} is helping.`;
  const stats = {
    ...{ framesCaptured: 9, running: 'volunteers', quality: 'fast', codec: 'h264' },
    ...{ why, reasons: [{ kind: 'helping', text: why }] },
    shares: [{ volunteerId: SECRETS.id, share: 1 }],
  };
  return { canvas: { width: 320, height: 180 }, stats: () => stats } as unknown as FrameStream;
}

describe('a diagnostics report', () => {
  it('has a link by a short id, with the types of its candidates and no address or name', async () => {
    const report = await linkDiagnostics(fakeLink());
    expect(report).toMatchObject({
      ...{ peer: 'Xk2p9a', state: 'open', path: 'direct', rttMs: 3, adapter: 'A card', codecs: ['h264'] },
      candidates: { local: 'host', remote: 'srflx' },
    });
    expectNoSecrets(report);
  });

  it('has the statistics of a stream without the sentence that names a volunteer', () => {
    const report = streamDiagnostics(fakeStream());
    expect(report).toMatchObject({
      ...{ width: 320, framesCaptured: 9, reasons: ['helping'] },
      shares: [{ volunteer: 'Xk2p9a', share: 1 }],
    });
    expectNoSecrets(report);
  });

  it('names the build by a file, not by its address', () => {
    expect(buildName(`https://${SECRETS.server}/assets/client-Ab3.js`)).toBe('client-Ab3.js');
  });

  it('leaves out a part that fails or hangs', async () => {
    expect(await orNull(Promise.reject(new Error('gone')))).toBeNull();
    expect(await orNull(new Promise(() => {}))).toBeNull();
    expect(await orNull(Promise.resolve(1))).toBe(1);
  });

  it('has what links, trust and streams logged, without what they must not tell', async () => {
    // Other tests of this process may have logged more of these events than a moment may have.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    const clock = new ManualClock();
    const events = new Listeners<LinkEvent>();
    const where = `${SECRETS.room} at ${SECRETS.server} (${SECRETS.address})`;
    const error = new MeshError('connection-failed', `${SECRETS.person} in ${where} did not answer.`);
    reportConnectionOutcome({ events, route: async () => null }, clock, () => {});
    events.emit({ kind: 'lost', error });
    new VolunteerTrust(Math.random).wrong({ volunteerId: SECRETS.id, work: 'stream', error });
    const side = new SideChoice();
    const volunteer = { name: SECRETS.person, quality: null, downlinkKbps: 3_000, inTimeShare: null };
    const chosen = { where: 'volunteers', transport: 'detail', quality: 'auto' } as const;
    side.decide({ ...chosen, nowMs: 0, localQuality: null, volunteer });
    log
      .logger('careless')
      .info('told', { address: SECRETS.address, id: SECRETS.id, server: `https://${SECRETS.server}` });

    const report = await pageDiagnostics();
    const told = report.log.slice(-4).map((line) => line.replace(/^\S+ | leftOut=\d+/g, ''));
    expect(told).toEqual([
      'warn net.ice failed reason=connection-failed',
      'warn net.trust barred volunteer=Xk2p9a work=stream reason=connection-failed',
      'info stream.side switched from=local to=volunteers cause=asked',
      'info careless told address=(withheld) id=(withheld) server=(withheld)',
    ]);
    expect(report.versions).toMatchObject({ package: '0.1.0', build: 'diagnostics.ts' });
    expectNoSecrets(report);
  });
});
