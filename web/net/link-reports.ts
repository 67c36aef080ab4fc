import type { Clock } from '../../shared/clock.ts';
import type { LinkOutcome } from '../../shared/status.ts';
import type { Link } from './link.ts';
import { LINK } from './tuning.ts';

/**
 * Tells how each attempt of a link to connect ended: which way it goes, some time after it opened, or that it failed. A link that
 * was open and is lost has not failed to connect, and one that somebody closed has not either.
 */
export function reportLink(
  link: Pick<Link, 'events' | 'path'>,
  clock: Clock,
  tell: (outcome: LinkOutcome) => void,
): void {
  let wasOpen = false;
  let cancelLookup: () => void = () => {};
  link.events.add((event) => {
    if (event.kind === 'open') {
      wasOpen = true;
      cancelLookup = clock.after(LINK.pathLookupMs, () => {
        void link.path().then((path) => path && tell(path));
      });
    } else if (event.kind === 'lost') {
      cancelLookup();
      if (!wasOpen && event.error) tell('failed');
      wasOpen = false;
    }
  });
}
