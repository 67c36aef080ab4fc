import type { Quality } from '../sdk/types.ts';
import type { Choice } from '../ui/segmented.tsx';

export type Method = 'small' | 'bicubic' | Quality | 'truth';

/** As they stand on the page. */
export const METHODS: readonly (Choice<Method> & { about: string })[] = [
  { value: 'small', label: 'Small picture', about: 'every pixel as a square' },
  { value: 'bilinear', label: 'Bilinear', about: 'as browsers do' },
  { value: 'bicubic', label: 'Bicubic', about: 'as picture editors do' },
  { value: 'spatial', label: 'Spatial', about: 'a formula that follows edges' },
  { value: 'fast', label: 'Fast', about: 'our smallest network' },
  { value: 'balanced', label: 'Balanced', about: 'our middle network' },
  { value: 'quality', label: 'Quality', about: 'our largest network' },
  { value: 'truth', label: 'Truth', about: 'what the game draws at twice the size, smoothly' },
];

/** What the SDK makes, in the order it is asked: the quickest answers first. */
export const QUALITIES: readonly Quality[] = ['bilinear', 'spatial', 'fast', 'balanced', 'quality'];

export function labelOf(method: Method): string {
  return METHODS.find(({ value }) => value === method)?.label ?? method;
}
