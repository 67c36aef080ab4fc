import { AddressField, type AddressFieldProps } from '../ui/address-field.tsx';
import { Button } from '../ui/buttons.tsx';
import { Panel } from '../ui/layout.tsx';
import { SeenLink } from '../ui/seen-link.tsx';
import { useSettled } from '../ui/settled.ts';

interface JoinQuestionProps {
  address: Pick<AddressFieldProps, 'audience' | 'hasRelay' | 'onChange'>;
  onJoin: () => void;
  /** Leaves the link alone and opens a room of the person's own. */
  onOwnRoom: () => void;
}

const PEOPLE = { invited: 'The people in this room', everyone: 'Those who help' };

/** Asked before the page joins the room of a link: anybody can send a link, and it must not share anything by itself. */
export function JoinQuestion({ address, onJoin, onOwnRoom }: JoinQuestionProps) {
  const isSettled = useSettled();
  return (
    <Panel title="Join somebody’s room?">
      <p>
        The link that you followed leads to a room that somebody else opened. If you join, the volunteers there get the
        pictures that you have sharpened. Join only if you know who sent you the link. <SeenLink />
      </p>
      <AddressField {...address} people={PEOPLE} />
      <div class="join-question__answers">
        <Button onPress={onJoin} primary disabled={!isSettled} testId="join-room">
          Join this room
        </Button>
        <Button onPress={onOwnRoom} testId="own-room">
          Open a room of my own
        </Button>
      </div>
    </Panel>
  );
}
