// Protects: live streams of every kind of source between Firefox and Chromium, in every codec that they offer each other.
import { found, supports } from '../support.ts';
import { expect, test } from './fixtures.ts';
import {
  CODECS,
  expectDetail,
  FRAMES,
  openStream,
  PAIRS,
  restrictCodecs,
  statsOf,
  useOf,
  WAIT,
} from './live-stream.ts';

const TAG = { tag: '@firefox' };

for (const { volunteer, gamer } of PAIRS) {
  test(`a canvas of a gamer in ${gamer} gets detail by a volunteer in ${volunteer}`, {
    ...TAG,
    annotation: [supports(volunteer, 'volunteer', 'streams'), supports(gamer, 'gamer', 'stream of a canvas')],
  }, async ({ volunteerIn, gamerIn }) => {
    await volunteerIn(volunteer, 'canvas');
    const page = await gamerIn(gamer, 'canvas', { where: 'volunteers' });
    const firstPictureMs = await page.evaluate(openStream, 'canvas');
    const { codec } = await expectDetail(page);
    test.info().annotations.push({ type: 'figures', description: `first picture ${firstPictureMs} ms, ${codec}` });
  });
}

for (const source of ['track', 'video'] as const) {
  test(`a ${source} of a gamer in Firefox gets detail`, {
    ...TAG,
    annotation: supports('Firefox', 'gamer', `stream of a ${source}`),
  }, async ({ volunteerIn, gamerIn }) => {
    await volunteerIn('Chromium', source);
    const page = await gamerIn('Firefox', source, { where: 'volunteers' });
    await page.evaluate(openStream, source);
    await expectDetail(page);
  });
}

test('a camera of a gamer in Firefox is shown while a volunteer helps', {
  ...TAG,
  annotation: supports('Firefox', 'gamer', 'stream of a camera'),
}, async ({ volunteerIn, gamerIn }) => {
  await volunteerIn('Chromium', 'camera');
  const page = await gamerIn('Firefox', 'camera', { where: 'volunteers' });
  await page.evaluate(openStream, 'camera');
  // The picture of Firefox's simulated camera has hardly any detail to add.
  await expect.poll(async () => (await statsOf(page)).framesPresented, WAIT).toBeGreaterThan(FRAMES);
});

for (const { prefix, codec, name } of CODECS) {
  test(`no stream between two Firefox stands still where ${name} comes first`, {
    ...TAG,
    annotation: supports('Firefox', 'streams', name),
  }, async ({ volunteerIn, gamerIn }) => {
    const helper = await volunteerIn('Firefox', codec);
    const page = await gamerIn('Firefox', codec, { where: 'volunteers' });
    // VP8 is what is left where the codec is not fit for live streams.
    await page.evaluate(restrictCodecs, [prefix, 'vp8']);
    await page.evaluate(openStream, 'canvas');
    const { codec: used } = await expectDetail(page);
    test.info().annotations.push({ type: 'figures', description: used });
    found('Firefox', 'streams', name, await useOf(codec, used, page, helper));
  });
}

test('a gamer in Firefox sharpens by itself without a volunteer', {
  ...TAG,
  annotation: supports('Firefox', 'gamer', 'sharpening by itself'),
}, async ({ pageIn, roomOf }) => {
  const page = await pageIn('Firefox');
  await page.evaluate(async (room) => {
    window.client = await window.sdk.GamerClient.connect({ room, where: 'local' });
  }, roomOf('alone'));
  await page.evaluate(openStream, 'canvas');
  const sharpened = async () => {
    const { framesLocal, framesFiltered } = await statsOf(page);
    return framesLocal + framesFiltered;
  };
  await expect.poll(sharpened, WAIT).toBeGreaterThan(FRAMES);
});
