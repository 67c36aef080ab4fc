import { describe, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { Player } from './player.ts';
import { PlayerRig, VIDEO_FILE } from './test-player.ts';

const TEXT = new File(['x'], 'notes.txt', { type: 'text/plain' });

describe('the player', () => {
  it('shows the source at once, and sharpens it once there is a client', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(null);
    expect(player.source.value).not.toBeNull();
    expect(player.output.value).toBeNull();
    await player.useClient(rig.client);
    expect(player.output.value).not.toBeNull();
    expect(rig.log.filter((line) => line.startsWith('source'))).toEqual(['source game']);
    await player.close();
  });

  it('leaves nothing open when sources change quickly or the player is closed', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    void player.useClient(rig.client);
    void player.choose({ kind: 'video', file: VIDEO_FILE });
    void player.choose({ kind: 'game' });
    await player.choose({ kind: 'video', file: VIDEO_FILE });
    expect(rig.open.size).toBe(2);
    await player.close();
    expect([...rig.open]).toEqual([]);
    expect(player.source.value).toBeNull();
  });

  it('applies settings changed while a stream opens', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    const opening = player.useClient(rig.client);
    player.setWhere('volunteers');
    await opening;
    expect(rig.log.at(-1)).toBe('set volunteers');
    await player.close();
  });

  it('leaves the quality to the machines until one is chosen, and again when the choice is taken back', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    expect(new Set(rig.qualities)).toEqual(new Set(['auto']));
    player.setQuality('fast');
    player.setQuality('auto');
    expect(rig.qualities.slice(-2)).toEqual(['fast', 'auto']);
    await player.close();
  });

  it('opens with what was chosen before', async () => {
    const rig = new PlayerRig();
    const choices = { mode: 'compare', where: 'local', quality: 'fast', scale: 3 } as const;
    const player = new Player(rig.openSource, rig.capture, choices);
    await player.useClient(rig.client);
    expect(rig.log).toContain('stream local 3');
    expect([player.mode.value, player.quality.value, rig.qualities[0]]).toEqual(['compare', 'fast', 'fast']);
    await player.close();
  });

  it('keeps the source when only the scale changes', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    await player.setScale(3);
    expect(rig.log.filter((line) => !line.startsWith('set'))).toEqual([
      'source game',
      'stream auto 2',
      'stream auto 3',
    ]);
    await player.close();
  });

  it('refuses a file that is neither picture nor video, and keeps the source', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    const shown = player.output.value;
    await player.chooseFile(TEXT);
    expect(player.refusal.value?.error.message).toContain('notes.txt');
    expect(player.error.value).toBeNull();
    expect(player.output.value).toBe(shown);
    await player.chooseFile(VIDEO_FILE);
    expect(player.refusal.value).toBeNull();
    expect(player.choice.value.kind).toBe('video');
    await player.close();
  });

  it('reports a source that cannot be opened, and opens the next one', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    rig.failure = new MeshError('unsupported-browser', 'No game here.');
    await player.useClient(rig.client);
    expect(player.error.value?.reason).toBe('unsupported-browser');
    rig.failure = null;
    await player.choose({ kind: 'video', file: VIDEO_FILE });
    expect(player.error.value).toBeNull();
    expect(player.output.value).not.toBeNull();
    await player.close();
  });

  it.each(['game', 'image', 'video', 'screen', 'camera'] as const)(
    'leaves the running session and its source as they were when a %s cannot be shown, and says so',
    async (kind) => {
      const rig = new PlayerRig();
      const player = rig.player();
      await player.useClient(rig.client);
      const { source, output, choice } = player;
      const before = [source.value, output.value, choice.value];
      const log = [...rig.log];
      rig.failure = MeshError.badInput('It cannot be shown.');
      if (kind === 'screen' || kind === 'camera') await player.startCapture(kind);
      else await player.choose(kind === 'game' ? { kind } : { kind, file: VIDEO_FILE });
      expect(player.refusal.value).toEqual({ kind, error: rig.failure });
      expect(player.error.value).toBeNull();
      expect([source.value, output.value, choice.value]).toEqual(before);
      // A camera that was allowed does not run on unseen.
      expect(rig.log.filter((line) => line !== 'track')).toEqual(log);
      expect([...rig.open].filter((name) => name.startsWith('track'))).toEqual([]);
      await player.close();
    },
  );

  it('is not broken by what a source reports while it cannot be opened, and is told what one reports that is about to be shown', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    const failure = new MeshError('device-lost', 'No WebGL.');
    rig.opening = (onError) => {
      onError(failure);
      throw failure;
    };
    await player.choose({ kind: 'game' });
    expect([player.error.value, player.refusal.value?.error]).toEqual([null, failure]);
    rig.opening = () => {};
    const choosing = player.choose({ kind: 'video', file: VIDEO_FILE });
    await Promise.resolve();
    rig.end(new MeshError('source-ended', 'It breaks off.'));
    await choosing;
    expect([player.choice.value.kind, player.error.value?.message]).toEqual(['video', 'It breaks off.']);
    await player.close();
  });

  it('opens a file while the source goes on, and releases it when something else is chosen meanwhile', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    await Promise.all([player.choose({ kind: 'video', file: VIDEO_FILE }), player.choose({ kind: 'game' })]);
    expect(player.choice.value.kind).toBe('game');
    expect([...rig.open].filter((name) => name.startsWith('source'))).toEqual([expect.stringMatching(/^source game/)]);
    const files = [
      player.choose({ kind: 'video', file: VIDEO_FILE }),
      player.choose({ kind: 'image', file: VIDEO_FILE }),
    ];
    await Promise.all(files);
    expect(player.choice.value.kind).toBe('image');
    expect([...rig.open].filter((name) => name.startsWith('source'))).toHaveLength(1);
    await player.close();
    expect([...rig.open]).toEqual([]);
  });

  it('goes on saying why a source broke off when the scale or the client changes, until it is opened again', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    await player.choose({ kind: 'video', file: VIDEO_FILE });
    const breaksOff = new MeshError('source-ended', 'It breaks off at 0:07.');
    rig.end(breaksOff);
    const told: unknown[] = [];
    const stop = player.error.subscribe((error) => void told.push(error));
    await player.setScale(3);
    await player.useClient(null);
    await player.useClient(rig.client);
    stop();
    expect(told).toEqual([breaksOff]);
    await player.retry();
    expect(player.error.value).toBeNull();
    await player.close();
  });
});
