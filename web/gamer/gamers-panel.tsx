import type { ComponentChildren } from 'preact';
import type { GamerInfo } from '../sdk/types.ts';
import { Panel } from '../ui/layout.tsx';
import { Removal } from './removal.tsx';

interface GamersPanelProps {
  /** Null until they are loaded. */
  gamers: readonly GamerInfo[] | null;
  /** Loads them from the server. */
  onOpen: () => void;
  onRemove: (id: string) => void;
  /** Why the last request failed, and the id for what it describes; undefined where none did. */
  failure: ComponentChildren;
  describedBy: string | undefined;
}

/** The other gamers in the room, for its owner. Collapsed, and loaded only when opened, since most rooms have one gamer. */
export function GamersPanel({ gamers, onOpen, onRemove, failure, describedBy }: GamersPanelProps) {
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
                <span class="volunteers__facts">also an owner</span>
              ) : (
                <Removal name={name} onRemove={() => onRemove(id)} describedBy={describedBy}>
                  This gamer cannot rejoin this room, and the invites they made stop working. Remove them?
                </Removal>
              )}
            </li>
          ))}
        </ul>
        {failure}
      </details>
    </Panel>
  );
}
