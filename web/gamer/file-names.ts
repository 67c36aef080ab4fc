import type { Quality } from '../sdk/types.ts';
import { isCaptured, type SourceChoice } from './source.ts';

interface Kept {
  choice: SourceChoice;
  quality: Quality;
  scale: number;
  /** The sharp picture alone, or what it was made of as well. */
  what: 'after' | 'before-after';
  extension: string;
}

/** Says what is in the file: `clip-sharpened-2x.png`, `game-before-after-2x.webm`. */
export function fileName({ choice, quality, scale, what, extension }: Kept): string {
  const sharp = quality === 'bilinear' ? 'bilinear' : 'sharpened';
  return `${sourceName(choice)}-${what === 'after' ? sharp : what}-${scale}x.${extension}`;
}

function sourceName(choice: SourceChoice): string {
  if (choice.kind === 'game' || isCaptured(choice)) return choice.kind;
  return choice.file.name.replace(/\.\w+$/, '');
}
