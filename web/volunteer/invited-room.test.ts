import { describe, expect, it } from 'vitest';
import { invitedRoom, pastedInvite } from './invited-room.ts';

const PAGE = 'https://p2c2r.example/volunteer';

describe('the volunteer page’s address', () => {
  it('never starts by itself for a mere invite', () => {
    expect(invitedRoom(`${PAGE}#room=a&invite=t`)).toEqual({ invite: { room: 'a', token: 't' }, isConsented: false });
  });

  it('starts for the window the gamer page opened, and never without a room', () => {
    expect(invitedRoom(`${PAGE}#room=a&invite=t&start=1`).isConsented).toBe(true);
    expect(invitedRoom(`${PAGE}#start=1`)).toEqual({ invite: null, isConsented: false });
  });

  it('takes a pasted link with its blanks, and nothing that is none', () => {
    expect(pastedInvite(`  ${PAGE}#room=a&invite=t\n`)).toEqual({ room: 'a', token: 't' });
    expect(pastedInvite('my room')).toBeNull();
    expect(pastedInvite(PAGE)).toBeNull();
  });
});
