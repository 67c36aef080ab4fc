import type { Share } from '../ui/share-bar.tsx';
import type { StreamStats } from './client.ts';
import { nameOf } from './messages.ts';

/** Less is a rounding error of shares that make up the whole. */
const LEAST_RATIO = 0.005;

/** Who made the frames of the last moments; what no volunteer did was done here. Empty while there is no frame. */
export function frameShares(
  { shares, fps }: Pick<StreamStats, 'shares' | 'fps'>,
  volunteers: readonly { id: string; name: string }[],
): Share[] {
  if (fps === 0) return [];
  const there = shares
    .filter(({ share }) => share >= LEAST_RATIO)
    .map(({ volunteerId, share }): Share => {
      return { id: volunteerId, name: nameOf(volunteerId, volunteers), ratio: share, place: 'there' };
    });
  const hereRatio = 1 - shares.reduce((sum, { share }) => sum + share, 0);
  if (hereRatio < LEAST_RATIO) return there;
  return [...there, { id: 'here', name: 'this computer', ratio: hereRatio, place: 'here' }];
}
