import type { ServerStatus } from '../../shared/server-status.ts';
import { formatCount } from '../ui/format.ts';

/** What was refused since the start, the most frequent first. */
export function RefusalTable({ refusals }: Pick<ServerStatus, 'refusals'>) {
  if (refusals.length === 0) return <p class="soft">Nothing has been refused.</p>;
  const rows = [...refusals].sort((a, b) => b.count - a.count);
  return (
    <table class="refusals">
      <caption class="refusals__caption">Refused since the start</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Why</th>
          <th scope="col">Times</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ event, reason, count }) => (
          <tr key={`${event} ${reason}`}>
            <td>{event}</td>
            <td>{reason}</td>
            <td>{formatCount(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
