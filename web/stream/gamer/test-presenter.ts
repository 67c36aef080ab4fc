import { expect } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import type { AppliedDetail, Composer, RawPicture } from '../compose/composer.ts';
import type { FrameDetail } from '../frame.ts';
import { localFrameStages } from '../frame-timing.ts';
import { DetailPresenter, type PendingInputs } from './detail-presenter.ts';
import { Patience } from './patience.ts';
import type { PresentationCanvas, ShownFrame } from './presentation-canvas.ts';
import { StreamStatistics } from './stream-statistics.ts';

export const INTERVAL_MS = 33;
/** Weight of the local picture where there is no detail. */
export const UNHELPED_SHARE = 0.9;
/** And where there is. */
const HELPED_SHARE = 0.8;

interface NumberedPicture extends RawPicture {
  frameId: number;
}

export type Offered = Partial<PendingInputs> & { isRepeat?: boolean };

/** What was drawn: the frame, and whose detail was added to it. */
type Drawn = [frameId: number, detailOf: number | null];

/** A presenter, whose screen and pictures note what becomes of them. */
export class PresenterRig {
  readonly clock = new ManualClock(1_000);
  readonly drawn: Drawn[] = [];
  /** Local pictures that were drawn over it: the frame, and its share. */
  readonly drawnOver: [frameId: number, share: number][] = [];
  /** Weights of the detail, in the order of drawing. */
  readonly weights: number[] = [];
  /** Open ones of these. */
  readonly openSharpened = new Set<number>();
  readonly shown: ShownFrame[] = [];
  readonly openPictures = new Set<number>();
  /** How often detail of each frame came that was not released yet; no entry for none. */
  readonly openDetail = new Map<number, number>();
  /** Drawing takes until this resolves. */
  drawing: Promise<void> = Promise.resolve();
  closedFrames = 0;
  readonly #capturedMs = new Map<number, number>();
  readonly statistics = new StreamStatistics(() => this.clock.now());
  readonly presenter: DetailPresenter;

  /** @param frames - which a frame waits for its detail. */
  constructor(frames: number, unhelpedShare = UNHELPED_SHARE) {
    const { clock, statistics } = this;
    this.presenter = new DetailPresenter({
      ...{ clock, composer: this.#composer(), screen: this.#screen(), statistics },
      patience: new Patience(frames, () => clock.now()),
      intervalMs: () => INTERVAL_MS,
      blending: (local, detail) => {
        const share = detail ? HELPED_SHARE : unhelpedShare;
        return { localPictureShare: local === null ? 0 : share, detailWeight: 0.1, deadZoneCodes: 1, gainDb: 1 };
      },
    });
  }

  async capture(frameId: number, { isRepeat = false, ...awaited }: Offered = { detail: true }): Promise<void> {
    this.statistics.captured(frameId);
    this.#capturedMs.set(frameId, this.clock.now());
    const frame = { timestamp: frameId, close: () => this.closedFrames++ } as unknown as VideoFrame;
    this.presenter.offer(
      { frameId, capturedMs: this.clock.now(), frame, purpose: 'show', isRepeat },
      { detail: false, sharpened: false, ...awaited },
    );
    await settle();
  }

  /** A volunteer's detail comes. */
  async answer(frameId: number): Promise<void> {
    const { openDetail } = this;
    openDetail.set(frameId, (openDetail.get(frameId) ?? 0) + 1);
    const release = () => {
      const open = openDetail.get(frameId) ?? 0;
      expect(open, 'it is released once').toBeGreaterThan(0);
      if (open > 1) openDetail.set(frameId, open - 1);
      else openDetail.delete(frameId);
    };
    const detail: FrameDetail = {
      ...{ frameId, purpose: 'show', codes: Uint8Array.of(frameId), gain: 4, volunteerId: 'vera', release },
      ...this.#made(frameId),
    };
    this.presenter.add(detail);
    await settle();
  }

  /** The local picture of a frame comes. */
  async sharpen(frameId: number): Promise<void> {
    this.openSharpened.add(frameId);
    const frame = { timestamp: frameId, close: () => this.openSharpened.delete(frameId) } as unknown as VideoFrame;
    this.presenter.sharpened({ ...{ frameId, purpose: 'show', frame, volunteerId: null }, ...this.#made(frameId) });
    await settle();
  }

  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  /** The stream's figures so far. */
  report(): ReturnType<StreamStatistics['report']> {
    const state = { codec: 'vp8', running: 'volunteers', lowered: null, localBackend: '', reasons: [] } as const;
    return this.statistics.report({ ...state, transport: 'detail' });
  }

  #made(
    frameId: number,
  ): Pick<FrameDetail, 'capturedMs' | 'stagesAt'> & { outcome: { quality: 'fast'; downgradeReason: null } } {
    const at = this.clock.now();
    return {
      capturedMs: this.#capturedMs.get(frameId) ?? at,
      outcome: { quality: 'fast', downgradeReason: null },
      stagesAt: (presentedMs) => localFrameStages({ capturedMs: at, computeStartMs: at, computedMs: at, presentedMs }),
    };
  }

  #screen(): PresentationCanvas {
    const { drawnOver, shown, statistics, clock } = this;
    let newest = -1;
    return {
      begin(frameId: number) {
        if (frameId < newest) return null;
        newest = frameId;
        return {
          ...{ canvas: { width: 128, height: 72 }, globalAlpha: 1 },
          drawImage({ timestamp }: VideoFrame) {
            drawnOver.push([timestamp, this.globalAlpha]);
          },
        };
      },
      drawn(frame: ShownFrame) {
        shown.push(frame);
        statistics.presented(frame, frame.stagesAt(clock.now()));
      },
    } as unknown as PresentationCanvas;
  }

  #composer(): Composer {
    const { openPictures, openDetail, weights, drawn } = this;
    const isDrawn = () => this.drawing;
    return {
      name: 'wasm',
      async load({ timestamp: frameId }) {
        openPictures.add(frameId);
        const dispose = () => openPictures.delete(frameId);
        const picture: NumberedPicture = { frameId, width: 64, height: 36, dispose };
        return picture;
      },
      async compose(raw: RawPicture, detail: AppliedDetail | null) {
        await isDrawn();
        const numberOf = (picture: RawPicture) => (picture as NumberedPicture).frameId;
        expect(openPictures).toContain(numberOf(raw));
        const detailOf = detail?.codes[0] ?? null;
        if (detail) expect(openPictures).toContain(numberOf(detail.of));
        if (detailOf !== null) expect(openDetail.has(detailOf)).toBe(true);
        weights.push(detail?.weight ?? 0);
        drawn.push([numberOf(raw), detailOf]);
      },
      dispose() {},
    };
  }
}

/** Lets promises settle. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
