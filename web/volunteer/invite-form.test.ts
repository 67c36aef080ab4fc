import { describe, expect, it } from 'vitest';
import { invitedRoom, pastedInvite } from './invite-form.tsx';

const PAGE = 'https://p2c2r.example/volunteer';

describe('the volunteer page’s address', () => {
  it('an invite alone does not start the volunteer', () => {
    expect(invitedRoom(`${PAGE}#room=a&invite=t`)).toEqual({ invite: { room: 'a', token: 't' }, isConsented: false });
  });

  it('starts in a window that the gamer page opened, but never without a room', () => {
    expect(invitedRoom(`${PAGE}#room=a&invite=t&start=1`).isConsented).toBe(true);
    expect(invitedRoom(`${PAGE}#start=1`)).toEqual({ invite: null, isConsented: false });
  });

  it('accepts a pasted link with spaces around it, and rejects other texts', () => {
    const invite = { room: 'a', token: 't' };
    expect(pastedInvite(`  ${PAGE}#room=a&invite=t\n`, PAGE)).toEqual({ kind: 'invite', invite });
    for (const text of ['my room', PAGE, 'javascript:alert(1)#room=a']) {
      expect(pastedInvite(text, PAGE)).toEqual({ kind: 'nothing' });
    }
  });

  it('recognises a link to another server, by its port too', () => {
    const url = 'https://other.example:8443/volunteer#room=a';
    expect(pastedInvite(url, PAGE)).toEqual({ kind: 'elsewhere', url, host: 'other.example:8443' });
    expect(pastedInvite(`${PAGE}#room=a`.replace('.example', '.example:8080'), PAGE).kind).toBe('elsewhere');
  });
});
