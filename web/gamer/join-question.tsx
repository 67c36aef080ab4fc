import { Button } from '../ui/buttons.tsx';
import { Notice } from '../ui/layout.tsx';
import { SeenLink } from '../ui/seen-link.tsx';
import { useSettled } from '../ui/settled.ts';

interface JoinQuestionProps {
  onJoin: () => void;
  /** Leaves the link alone and opens a room of the person's own. */
  onOwnRoom: () => void;
}

/** Asked before the page joins the room of a link: anybody can send a link, and it must not share anything by itself. */
export function JoinQuestion({ onJoin, onOwnRoom }: JoinQuestionProps) {
  const isSettled = useSettled();
  return (
    <Notice
      title="Join somebody’s room?"
      text="The link that you followed leads to a room that somebody else opened. If you join, the volunteers there get the pictures that you have sharpened and can link to this machine, which shows them its network address unless a relay hides it. Join only if you know who sent you the link."
    >
      <Button onPress={onJoin} primary disabled={!isSettled} testId="join-room">
        Join this room
      </Button>
      <Button onPress={onOwnRoom} testId="own-room">
        Open a room of my own
      </Button>
      <SeenLink />
    </Notice>
  );
}
