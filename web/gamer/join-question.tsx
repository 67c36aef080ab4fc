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

const PEOPLE = { invited: 'People in this room', everyone: 'All volunteers' };

/** Asked before the page joins the room of a link: anybody can send a link, and it must not share anything by itself. */
export function JoinQuestion({ address, onJoin, onOwnRoom }: JoinQuestionProps) {
  const isSettled = useSettled();
  return (
    <Panel title="Join someone else’s room?">
      <p>
        The link you followed leads to a room that someone else opened. If you join, the volunteers in that room see the
        pictures they sharpen for you. Join only if you know who sent you the link. <SeenLink />
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
