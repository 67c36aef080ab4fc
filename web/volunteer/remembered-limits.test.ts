import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rememberedLimits, rememberLimits } from './remembered-limits.ts';

function storeWith(text: string | null) {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_key: string, value: string) => {
      kept = value;
    },
  };
}

beforeEach(() => void vi.stubGlobal('navigator', { getBattery: async () => null, wakeLock: {} }));
afterEach(() => void vi.unstubAllGlobals());

it('limits are as they were set last', () => {
  const store = storeWith(null);
  const limits = {
    ...rememberedLimits(store),
    gpuShare: 0.25,
    pauseOnBattery: true,
    dataMBPerDay: 500,
    acceptModelsFrom: ['https://models.example'],
  };
  rememberLimits(store, limits);
  expect(rememberedLimits(store)).toEqual(limits);
});

it('as many origins and hours as may be set are kept', () => {
  const store = storeWith(null);
  const origins = Array.from({ length: 64 }, (_, n) => `https://${'models-of-a-university-'.repeat(3)}${n}.example`);
  const hours = Array.from({ length: 21 }, (_, n): [number, number, number] => [n % 7, 510 + n, 1_065 + n]);
  const limits = { ...rememberedLimits(store), acceptModelsFrom: origins, hours };
  rememberLimits(store, limits);
  expect(rememberedLimits(store)).toEqual(limits);
});

it('one that is invalid costs no other, and what is no limit is ignored', () => {
  const stored = JSON.stringify({ gpuShare: 7, hours: [[9, 0, 1]], dataMBPerDay: 500, other: 1 });
  expect(rememberedLimits(storeWith(stored))).toEqual({ ...rememberedLimits(null), dataMBPerDay: 500 });
  for (const text of ['no JSON', 'null', '[]', '3']) {
    expect(rememberedLimits(storeWith(text))).toEqual(rememberedLimits(null));
  }
});

it('one that this browser cannot keep is off', () => {
  const store = storeWith(JSON.stringify({ pauseOnBattery: true, pauseBelowBattery: 0.3, keepAwake: true }));
  expect(rememberedLimits(store)).toMatchObject({ pauseOnBattery: true, pauseBelowBattery: 0.3, keepAwake: true });
  vi.stubGlobal('navigator', {});
  expect(rememberedLimits(store)).toMatchObject({ pauseOnBattery: false, pauseBelowBattery: 0, keepAwake: false });
});

it.each([
  ['a phone that says so', { userAgentData: { mobile: true } }],
  ['an iPhone', { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X)' }],
  ['an iPad, which calls itself a Macintosh', { userAgent: 'Mozilla/5.0 (Macintosh; Intel)', maxTouchPoints: 5 }],
])('%s saves its battery, stays awake and cools down until its person says otherwise', (_, phone) => {
  vi.stubGlobal('navigator', { ...phone, getBattery: async () => null, wakeLock: {} });
  const careful = { pauseBelowBattery: 0.3, keepAwake: true, slowWhenHot: true };
  expect(rememberedLimits(storeWith(null))).toMatchObject(careful);
  expect(rememberedLimits(storeWith('{"slowWhenHot":false}'))).toMatchObject({ ...careful, slowWhenHot: false });
  vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0 (Macintosh; Intel)', maxTouchPoints: 0 });
  expect(rememberedLimits(storeWith(null))).toMatchObject({ pauseBelowBattery: 0, slowWhenHot: false });
});

it('where nothing can be kept, they last as long as the page', () => {
  const forbidden = () => {
    throw new Error('forbidden');
  };
  const store = { getItem: forbidden, setItem: forbidden };
  expect(() => rememberLimits(store, rememberedLimits(store))).not.toThrow();
});
