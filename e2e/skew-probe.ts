import type { BrowserContext, Page } from 'playwright/test';

declare global {
  interface Window {
    /** When flashes were seen and beeps heard on the gamer's page, ms since its start. */
    seenAndHeard: { seenMs: number[]; heardMs: number[] };
  }
}

/** From the frame in which a page sees a change to the glass, ms: the next picture of a screen of 60 Hz. */
const TO_GLASS_MS = 1_000 / 60;
/** Between two flashes, ms. More than twice what a picture or a sound may be late, so that none is taken for another's. */
const FLASH_INTERVAL_MS = 1_500;
/** Title of the tab that flashes and beeps. */
const SHARED_TITLE = 'heard by a probe';
/** Flags of a browser that shares this tab without asking. */
export const SHARING_FLAGS: readonly string[] = [`--auto-select-tab-capture-source-by-title=${SHARED_TITLE}`];

/**
 * Shares a tab that flashes and beeps with a gamer page, which plays it in step with its picture. The browser needs {@link SHARING_FLAGS} and must play
 * sound. The context must bypass the Content-Security-Policy, which allows no worklet of a test's own.
 *
 * @param openGamer - loads the gamer page
 * @returns the gamer page, for {@link takeSkews}
 */
export async function shareFlashingTab(
  context: BrowserContext,
  serverUrl: string,
  openGamer: (gamer: Page) => Promise<unknown>,
): Promise<Page> {
  const shared = await context.newPage();
  await shared.setViewportSize({ width: 480, height: 270 });
  await shared.goto(new URL('/healthz', serverUrl).href);
  await shared.evaluate((title) => {
    document.title = title;
  }, SHARED_TITLE);
  await flashAndBeep(shared);
  const gamer = await context.newPage();
  await watchSkew(gamer);
  await openGamer(gamer);
  await gamer.getByTestId('source').getByRole('radio', { name: 'Screen' }).check();
  await gamer.getByTestId('screen-sound').getByRole('radio', { name: 'Here, in step' }).check();
  await gamer.getByTestId('source-screen').click();
  return gamer;
}

/** Makes a page flash and beep, both at once for somebody who sits before it. Call it once the page may play sound. */
async function flashAndBeep(page: Page): Promise<void> {
  await page.evaluate(
    async ({ intervalMs, toGlassMs }) => {
      const canvas = document.body.appendChild(document.createElement('canvas'));
      Object.assign(canvas, { width: 400, height: 200 });
      // Over whatever else the page shows.
      Object.assign(canvas.style, { position: 'fixed', inset: '0', width: '100%', height: '100%' });
      const drawing = canvas.getContext('2d');
      const context = new AudioContext();
      await context.resume();
      const gain = new GainNode(context, { gain: 0 });
      const oscillator = new OscillatorNode(context, { frequency: 1_000 });
      oscillator.connect(gain).connect(context.destination);
      oscillator.start();
      const [firstS, lengthS, intervalS] = [context.currentTime + 1, 0.2, intervalMs / 1_000];
      for (let n = 0; n < 400; n++) {
        gain.gain.setValueAtTime(0.8, firstS + n * intervalS);
        gain.gain.setValueAtTime(0, firstS + n * intervalS + lengthS);
      }
      const draw = (nowMs: number) => {
        requestAnimationFrame(draw);
        const { contextTime = 0, performanceTime = nowMs } = context.getOutputTimestamp();
        // What is drawn now is seen with the next picture of the screen: what is heard then decides.
        const heardS = contextTime + (nowMs + toGlassMs - performanceTime) / 1_000;
        const isOn = heardS >= firstS && (heardS - firstS) % intervalS < lengthS;
        if (!drawing) return;
        drawing.fillStyle = isOn ? '#fff' : '#000';
        drawing.fillRect(0, 0, 400, 200);
        // Something always moves, or no frames would come.
        drawing.fillStyle = `hsl(${(nowMs / 4) % 360} 90% 50%)`;
        drawing.fillRect(0, 190, 400, 10);
      };
      requestAnimationFrame(draw);
    },
    { intervalMs: FLASH_INTERVAL_MS, toGlassMs: TO_GLASS_MS },
  );
}

/** Has a page note when its output flashes and what it plays beeps, from before it loads. */
async function watchSkew(page: Page): Promise<void> {
  await page.addInitScript((toGlassMs) => {
    window.seenAndHeard = { seenMs: [], heardMs: [] };
    const { seenMs, heardMs } = window.seenAndHeard;
    const worklet = `registerProcessor('onsets', class extends AudioWorkletProcessor {
      quietFor = 0;
      process([[samples = []] = []]) {
        samples.forEach((sample, n) => {
          if (Math.abs(sample) < 0.02) this.quietFor++;
          else {
            if (this.quietFor > sampleRate / 2) this.port.postMessage(currentTime + n / sampleRate);
            this.quietFor = 0;
          }
        });
        return true;
      }
    });`;
    const connect = AudioNode.prototype.connect as (this: AudioNode, ...given: unknown[]) => AudioNode;
    const listen = async (played: AudioNode, context: AudioContext) => {
      await context.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' })));
      const node = new AudioWorkletNode(context, 'onsets');
      node.port.onmessage = ({ data }: MessageEvent<number>) => {
        const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
        heardMs.push(performanceTime + (data - contextTime) * 1_000);
      };
      connect.call(played, node);
      connect.call(node, context.destination);
    };
    AudioNode.prototype.connect = function (this: AudioNode, ...given: unknown[]) {
      const [target] = given;
      if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
        void listen(this, target.context);
      }
      return connect.apply(this, given);
    } as typeof AudioNode.prototype.connect;

    const small = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    let wasOn = true;
    const look = (nowMs: number) => {
      requestAnimationFrame(look);
      const canvas = document.querySelector('[data-testid=output] canvas');
      if (!(canvas instanceof HTMLCanvasElement) || !small || canvas.width === 0) return;
      small.drawImage(canvas, canvas.width / 4, canvas.height / 4, 8, 8, 0, 0, 1, 1);
      const isOn = (small.getImageData(0, 0, 1, 1).data[1] ?? 0) > 128;
      if (isOn && !wasOn) seenMs.push(nowMs + toGlassMs);
      wasOn = isOn;
    };
    requestAnimationFrame(look);
  }, TO_GLASS_MS);
}

/** By how much each beep was heard after its flash was seen, ms, of those since the last call. */
export async function takeSkews(page: Page): Promise<number[]> {
  const { seenMs, heardMs } = await page.evaluate(() => {
    const { seenMs: seen, heardMs: heard } = window.seenAndHeard;
    return { seenMs: seen.splice(0), heardMs: heard.splice(0) };
  });
  return heardMs.flatMap((heard) => {
    const skews = seenMs.map((seen) => heard - seen);
    const nearest = skews.sort((a, b) => Math.abs(a) - Math.abs(b))[0];
    return nearest !== undefined && Math.abs(nearest) < FLASH_INTERVAL_MS / 2 ? [nearest] : [];
  });
}
