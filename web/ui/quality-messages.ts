const WORDS: Record<string, string> = {
  bilinear: 'bilinear',
  spatial: 'spatial',
  fast: 'fast network',
  balanced: 'balanced network',
  quality: 'best network',
};

/** For a person: what a picture was enlarged with. */
export function qualityWords(quality: string): string {
  return WORDS[quality] ?? quality;
}
