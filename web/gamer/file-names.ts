import type { Quality } from '../sdk/types.ts';
import { isCaptured, type SourceChoice } from './source.ts';

interface Kept {
  choice: SourceChoice;
  /** What the picture was made with. */
  quality: Quality;
  scale: number;
  /** The sharp picture alone, or what it was made of as well. */
  what: 'after' | 'before-after';
  extension: string;
}

const SHARP: Record<Quality, string> = {
  bilinear: 'bilinear',
  spatial: 'sharpened',
  fast: 'fast-network',
  balanced: 'balanced-network',
  quality: 'best-network',
};

/** Says what is in the file: `clip-sharpened-2x.png`, `game-before-after-2x.webm`, `game-best-network-2x.png`. */
export function fileName({ choice, quality, scale, what, extension }: Kept): string {
  return `${sourceName(choice)}-${what === 'after' ? SHARP[quality] : what}-${scale}x.${extension}`;
}

function sourceName(choice: SourceChoice): string {
  if (choice.kind === 'game' || isCaptured(choice)) return choice.kind;
  return choice.file.name.replace(/\.\w+$/, '');
}
