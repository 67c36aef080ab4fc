import { describe, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { PlayerRig, VIDEO_FILE } from './test-player.ts';

describe('a camera or screen in the player', () => {
  it('ends a camera at once when told to, also where the game does not come back', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    const tracks = () => [...rig.open].filter((name) => name.startsWith('track'));
    await player.startCapture('camera');
    rig.failure = new MeshError('unsupported-browser', 'No game here.');
    const stopping = player.stopCapture();
    expect(tracks()).toEqual([]);
    await stopping;
    await player.setScale(3);
    expect(player.error.value?.reason).toBe('source-ended');
    expect(player.refusal.value).toEqual({ kind: 'game', error: rig.failure });
    rig.failure = null;
    await player.startCapture('camera');
    await player.stopCapture();
    expect([player.choice.value.kind, player.error.value]).toEqual(['game', null]);
    expect(tracks()).toEqual([]);
    await player.close();
  });

  it('keeps the source and says so when the person refuses the camera', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    const shown = player.output.value;
    const refusal = new MeshError('cancelled', 'The camera was not allowed.');
    rig.answer = () => Promise.reject(refusal);
    await player.startCapture('camera');
    expect(player.refusal.value).toEqual({ kind: 'camera', error: refusal });
    expect([player.choice.value.kind, player.error.value]).toEqual(['game', null]);
    expect(player.output.value).toBe(shown);
    await player.close();
  });

  it('shows a camera, and stops it when another source is chosen', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    await player.startCapture('camera');
    expect(player.choice.value.kind).toBe('camera');
    expect([...rig.open].filter((name) => name.startsWith('track'))).toHaveLength(1);
    await player.choose({ kind: 'game' });
    expect([...rig.open].filter((name) => name.startsWith('track'))).toEqual([]);
    await player.close();
  });

  it('stops a camera that is no longer wanted', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    let allow: (track: MediaStreamTrack) => void = () => {};
    rig.answer = () => new Promise((resolve) => (allow = resolve));
    const asking = player.startCapture('camera');
    await player.choose({ kind: 'video', file: VIDEO_FILE });
    allow(rig.track());
    await asking;
    expect(player.choice.value.kind).toBe('video');
    // Chosen twice before the first could be opened.
    void player.choose({ kind: 'camera', track: rig.track() });
    void player.choose({ kind: 'screen', track: rig.track() });
    await player.close();
    expect([...rig.open]).toEqual([]);
  });

  it('keeps the last picture when sharing ends, and asks again when told to', async () => {
    const rig = new PlayerRig();
    const player = rig.player();
    await player.useClient(rig.client);
    await player.startCapture('screen');
    const shown = player.output.value;
    rig.end(new MeshError('source-ended', 'Sharing has stopped.'));
    expect(player.error.value?.reason).toBe('source-ended');
    expect(player.output.value).toBe(shown);
    await player.startCapture('screen');
    expect(player.error.value).toBeNull();
    expect(rig.log.filter((line) => line === 'source screen')).toHaveLength(2);
    await player.close();
    expect([...rig.open]).toEqual([]);
  });
});
