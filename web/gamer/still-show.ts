import { MeshError } from '../../shared/errors.ts';
import { isNetwork } from '../../shared/tasks/upscale.ts';
import type { Quality, Task } from '../sdk/types.ts';
import { qualityWords } from '../ui/quality-messages.ts';
import type { Client } from './client.ts';
import type { Report, Settings, Show } from './show.ts';
import type { StillSource } from './source.ts';

interface StillHandlers {
  onReport: (report: Report) => void;
  onError: (error: MeshError) => void;
}

/** One picture, sharpened as a task. */
export class StillShow implements Show {
  readonly canvas: HTMLCanvasElement;
  #settings: Settings;
  #task: Task<'upscale'> | null = null;

  constructor(
    private readonly client: Client,
    private readonly source: StillSource,
    settings: Settings,
    private readonly handlers: StillHandlers,
  ) {
    this.#settings = settings;
    this.canvas = document.createElement('canvas');
    this.canvas.width = Math.round(source.image.width * settings.scale);
    this.canvas.height = Math.round(source.image.height * settings.scale);
    // Until the sharp one is there: what the browser would make of it.
    this.canvas.getContext('2d')?.drawImage(source.image, 0, 0, this.canvas.width, this.canvas.height);
    void this.#run();
  }

  set({ where, quality }: Pick<Settings, 'where' | 'quality'>): void {
    if (where === this.#settings.where && quality === this.#settings.quality) return;
    this.#settings = { ...this.#settings, where, quality };
    void this.#run();
  }

  async close(): Promise<void> {
    const task = this.#task;
    this.#task = null;
    task?.cancel();
  }

  async #run(): Promise<void> {
    this.#task?.cancel();
    await this.#sharpen(this.#settings.quality, '');
  }

  async #sharpen(quality: Quality, why: string): Promise<void> {
    const { where, scale } = this.#settings;
    const { width, height } = this.canvas;
    this.handlers.onReport({ kind: 'still', timing: null, quality, why, width, height });
    let task: Task<'upscale'> | null = null;
    try {
      task = this.client.submitTask('upscale', { image: this.source.image, scale, quality }, { where });
      this.#task = task;
      const { image, timing } = await task.result;
      if (this.#task !== task) return;
      this.canvas.getContext('2d')?.putImageData(image, 0, 0);
      this.handlers.onReport({ kind: 'still', timing, quality, why, width: image.width, height: image.height });
    } catch (cause) {
      // A task we gave up for a newer one is no news.
      if (this.#task !== task) return;
      const error = MeshError.from(cause);
      if (error.reason !== 'unknown-model' || !isNetwork(quality)) this.handlers.onError(error);
      // As a stream would: a picture made with less is better than none.
      else await this.#sharpen('spatial', `The ${qualityWords(quality)} is not available there. ${error.message}`);
    }
  }
}
