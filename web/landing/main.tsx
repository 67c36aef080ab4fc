import { render } from 'preact';
import { useState } from 'preact/hooks';
import { BeforeAfter } from '../ui/before-after.tsx';
import afterUrl from './after.webp';
import beforeUrl from './before.webp';

/** Of the pictures' larger one, pixels, as e2e/demo/landing-pictures.mjs makes them. */
const SIZE = { width: 720, height: 406 };

/** Where the divider begins: in front of what is sharpened most, the ship. */
const FIRST_SPLIT_PERCENT = 45;

const before = picture(
  beforeUrl,
  'Part of a frame of the built-in game as it was drawn, small, stretched by your browser',
);
const after = picture(
  afterUrl,
  'The same part of the frame, twice as wide and high, with the edges that the network drew',
);

/** The home page's two pictures of one frame. */
function Pictures() {
  const [splitPercent, setSplitPercent] = useState(FIRST_SPLIT_PERCENT);
  return (
    <BeforeAfter
      before={before}
      after={after}
      ratio={SIZE.width / SIZE.height}
      beforeLabel="as drawn, stretched"
      afterLabel="by the “quality” network"
      splitPercent={splitPercent}
      onSplit={setSplitPercent}
      play={null}
    />
  );
}

function picture(src: string, alt: string): HTMLImageElement {
  return Object.assign(document.createElement('img'), { ...SIZE, src, alt });
}

// In place of the picture that is there without scripts.
const place = document.getElementById('before-after');
if (place) render(<Pictures />, place);
