import { readStored, type TextStore, writeStored } from '../../shared/stored-json.ts';
import { QUALITIES } from '../../shared/tasks/upscale.ts';
import type { StreamQuality, Where } from '../sdk/types.ts';

/** `play`: the sharpened picture alone. `compare`: before and after of one frame, with a divider. */
export type Mode = 'play' | 'compare';

/** What a person chooses on the page, and finds again on the next visit. */
export interface PageChoices {
  mode: Mode;
  where: Where;
  quality: StreamQuality;
  scale: number;
}

export const MODES: readonly Mode[] = ['play', 'compare'];
const WHERES: readonly Where[] = ['auto', 'volunteers', 'local'];
/** The scales that the page offers for any picture. */
export const SCALES: readonly number[] = [1.5, 2, 3, 4];

export const DEFAULT_CHOICES: PageChoices = { mode: 'play', where: 'auto', quality: 'auto', scale: 2 };

const STORAGE_KEY = 'p2c2r.gamer-choices';

/** The choices made last in this browser. What is missing or invalid is as by default. */
export function rememberedChoices(store: TextStore | null): PageChoices {
  return { ...DEFAULT_CHOICES, ...validChoices(readStored(store, STORAGE_KEY)) };
}

/** Keeps what was chosen just now; everything else stays as it was remembered, whatever a link asked for. */
export function rememberChoices(store: TextStore | null, chosen: Partial<PageChoices>): void {
  // What is kept is what will be believed.
  writeStored(store, STORAGE_KEY, { ...rememberedChoices(store), ...validChoices(chosen) });
}

/**
 * The choices that a link to the page makes, such as `?mode=compare&scale=3`. They hold for this visit only.
 * @param search - the query of the page's address
 */
export function linkedChoices(search: string): Partial<PageChoices> {
  const { scale, ...others } = Object.fromEntries(new URLSearchParams(search));
  return validChoices({ ...others, ...(scale && { scale: Number(scale) }) });
}

/** Each choice by itself, so that one that is invalid costs no other. */
function validChoices(given: unknown): Partial<PageChoices> {
  const from: Record<string, unknown> = { ...(given ?? {}) };
  const mode = MODES.find((each) => each === from.mode);
  const where = WHERES.find((each) => each === from.where);
  const quality = (['auto', ...QUALITIES] as const).find((each) => each === from.quality);
  const scale = SCALES.find((each) => each === from.scale);
  return { ...(mode && { mode }), ...(where && { where }), ...(quality && { quality }), ...(scale && { scale }) };
}
