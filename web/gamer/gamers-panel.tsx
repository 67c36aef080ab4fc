import type { GamerInfo } from '../sdk/types.ts';
import { Panel } from '../ui/layout.tsx';
import { Removal } from './volunteers-panel.tsx';

interface GamersPanelProps {
  /** Null before they were asked for. */
  gamers: readonly GamerInfo[] | null;
  /** Asks the server for them. */
  onOpen: () => void;
  onRemove: (id: string) => void;
}

/** Who else plays in an owner's room. Collapsed, and asked for only when opened, since most rooms have one gamer. */
export function GamersPanel({ gamers, onOpen, onRemove }: GamersPanelProps) {
  return (
    <Panel title="Other gamers">
      <details onToggle={({ currentTarget }) => currentTarget.open && onOpen()} data-testid="gamers">
        <summary>Who else plays here</summary>
        {gamers?.length === 0 && <p class="soft small">Nobody else plays in this room.</p>}
        <ul class="volunteers">
          {gamers?.map(({ id, name, owner }) => (
            <li class="volunteers__entry" key={id}>
              <span class="volunteers__name">{name}</span>
              {owner ? (
                <span class="volunteers__facts">owns this room too</span>
              ) : (
                <Removal name={name} onRemove={() => onRemove(id)}>
                  {name} cannot come back to this room, and the invites of {name} no longer work.
                </Removal>
              )}
            </li>
          ))}
        </ul>
      </details>
    </Panel>
  );
}
