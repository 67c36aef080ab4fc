import { describe, expect, it } from 'vitest';
import type { Invite } from '../../shared/invite.ts';
import { invitedRoom, pastedInvite } from './invite-form.tsx';

const PAGE = 'https://p2c2r.example/volunteer';

describe('the volunteer page’s address', () => {
  const never = () => false;

  it('starts nothing by itself, whatever a link claims', () => {
    const invite = { room: 'a', token: 't' };
    expect(invitedRoom(`${PAGE}#room=a&invite=t`, () => true)).toEqual({ invite, isConsented: false });
    for (const claim of ['1', 'true', '', 'guess']) {
      expect(invitedRoom(`${PAGE}#room=a&invite=t&start=${claim}`, never)).toEqual({ invite, isConsented: false });
    }
  });

  it('starts with a permit for this very invite, but never without a room', () => {
    const asked: unknown[] = [];
    const mayStart = (invite: Invite, permit: string) => asked.push([invite, permit]) > 0;
    expect(invitedRoom(`${PAGE}#room=a&invite=t&start=n0nce`, mayStart).isConsented).toBe(true);
    expect(asked).toEqual([[{ room: 'a', token: 't' }, 'n0nce']]);
    expect(invitedRoom(`${PAGE}#start=n0nce`, mayStart)).toEqual({ invite: null, isConsented: false });
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
    expect(pastedInvite(`${PAGE}#room=a`.replace('/volunteer', '/p2c2r/volunteer'), PAGE).kind).toBe('elsewhere');
  });
});
