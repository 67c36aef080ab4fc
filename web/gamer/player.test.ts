import { describe, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { Client, FrameStream } from './client.ts';
import { Player } from './player.ts';
import type { LiveSource, SourceChoice } from './source.ts';
import { streamStats } from './test-figures.ts';

/** Elements are only passed on: nothing here looks into them. */
const element = () => ({}) as HTMLCanvasElement;

/** Sources and streams that only remember whether they are open. */
class Bench {
  readonly open = new Set<string>();
  readonly log: string[] = [];
  failure: MeshError | null = null;
  #count = 0;

  readonly openSource = async (choice: SourceChoice): Promise<LiveSource> => {
    if (this.failure) throw this.failure;
    const name = this.#begin(`source ${choice.kind}`);
    const dispose = () => this.#end(name);
    return { kind: 'video', before: element(), width: 4, height: 2, frames: element(), play: null, dispose };
  };

  readonly client: Client = Object.assign(new EventTarget(), {
    state: 'online' as const,
    volunteers: [],
    createInvite: async () => ({ url: '', token: '' }),
    submitTask: (): never => {
      throw MeshError.closed('The client');
    },
    openStream: async (_source: unknown, options: { where?: string; scale?: number } = {}): Promise<FrameStream> => {
      const name = this.#begin(`stream ${options.where} ${options.scale}`);
      return {
        canvas: element(),
        stats: () => streamStats(),
        set: ({ where }: { where?: string }) => void this.log.push(`set ${where}`),
        close: async () => this.#end(name),
      } as FrameStream;
    },
    close: async () => {},
  });

  #begin(what: string): string {
    const name = `${what} #${++this.#count}`;
    this.open.add(name);
    this.log.push(what);
    return name;
  }

  #end(name: string): void {
    this.open.delete(name);
  }
}

const TEXT = new File(['x'], 'notes.txt', { type: 'text/plain' });
const FILE = new File(['x'], 'clip.mp4', { type: 'video/mp4' });

describe('the player', () => {
  it('shows the source at once, and sharpens it when there is a room', async () => {
    const bench = new Bench();
    const player = new Player(bench.openSource);
    await player.useClient(null);
    expect(player.source.value).not.toBeNull();
    expect(player.output.value).toBeNull();
    await player.useClient(bench.client);
    expect(player.output.value).not.toBeNull();
    expect(bench.log.filter((line) => line.startsWith('source'))).toEqual(['source game']);
    await player.close();
  });

  it('leaves nothing open when sources change quickly or the page is left', async () => {
    const bench = new Bench();
    const player = new Player(bench.openSource);
    void player.useClient(bench.client);
    void player.choose({ kind: 'video', file: FILE });
    void player.choose({ kind: 'game' });
    await player.choose({ kind: 'video', file: FILE });
    expect(bench.open.size).toBe(2);
    await player.close();
    expect([...bench.open]).toEqual([]);
    expect(player.source.value).toBeNull();
  });

  it('applies what was set while a stream opened', async () => {
    const bench = new Bench();
    const player = new Player(bench.openSource);
    const opening = player.useClient(bench.client);
    player.setWhere('volunteers');
    await opening;
    expect(bench.log.at(-1)).toBe('set volunteers');
    await player.close();
  });

  it('keeps the source when only the scale changes', async () => {
    const bench = new Bench();
    const player = new Player(bench.openSource);
    await player.useClient(bench.client);
    await player.setScale(3);
    expect(bench.log.filter((line) => !line.startsWith('set'))).toEqual([
      'source game',
      'stream auto 2',
      'stream auto 3',
    ]);
    await player.close();
  });

  it('refuses a file that is no picture, and leaves what is shown as it is', async () => {
    const bench = new Bench();
    const player = new Player(bench.openSource);
    await player.useClient(bench.client);
    const shown = player.output.value;
    await player.chooseFile(TEXT);
    expect(player.mishap.value?.message).toContain('notes.txt');
    expect(player.error.value).toBeNull();
    expect(player.output.value).toBe(shown);
    await player.chooseFile(FILE);
    expect(player.mishap.value).toBeNull();
    expect(player.choice.value.kind).toBe('video');
    await player.close();
  });

  it('tells what cannot be opened, and opens the next thing all the same', async () => {
    const bench = new Bench();
    const player = new Player(bench.openSource);
    await player.useClient(bench.client);
    bench.failure = MeshError.badInput('No picture.');
    await player.choose({ kind: 'video', file: FILE });
    expect(player.error.value?.reason).toBe('bad-input');
    bench.failure = null;
    await player.choose({ kind: 'game' });
    expect(player.error.value).toBeNull();
    expect(player.output.value).not.toBeNull();
    await player.close();
  });
});
