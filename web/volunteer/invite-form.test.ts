import { describe, expect, it } from 'vitest';
import type { Invite } from '../../shared/invite.ts';
import { invitedRoom, pastedInvite } from './invite-form.tsx';

const PAGE = 'https://p2c2r.example/volunteer';

describe('the volunteer page’s address', () => {
  const never = () => false;

  it('starts nothing by itself, whatever a link claims', () => {
    const invite = { room: 'a', token: 't' };
    expect(invitedRoom(`${PAGE}#room=a&invite=t`, () => true)).toEqual({ invite, code: null, isConsented: false });
    for (const claim of ['1', 'true', '', 'guess']) {
      expect(invitedRoom(`${PAGE}#room=a&invite=t&start=${claim}`, never)).toEqual({
        invite,
        code: null,
        isConsented: false,
      });
    }
    expect(invitedRoom(`${PAGE}#K7QF-2M9X`, () => true)).toEqual({
      ...{ invite: null, code: 'K7QF2M9X', isConsented: false },
    });
  });

  it('starts with a permit for this very invite, but never without a room', () => {
    const asked: unknown[] = [];
    const mayStart = (invite: Invite, permit: string) => asked.push([invite, permit]) > 0;
    expect(invitedRoom(`${PAGE}#room=a&invite=t&start=n0nce`, mayStart).isConsented).toBe(true);
    expect(asked).toEqual([[{ room: 'a', token: 't' }, 'n0nce']]);
    expect(invitedRoom(`${PAGE}#start=n0nce`, mayStart)).toEqual({ invite: null, code: null, isConsented: false });
  });

  it('accepts a pasted link with spaces around it, and rejects other texts', () => {
    const invite = { room: 'a', token: 't' };
    expect(pastedInvite(`  ${PAGE}#room=a&invite=t\n`, PAGE)).toEqual({ kind: 'invite', invite });
    for (const text of ['my room', PAGE, 'javascript:alert(1)#room=a']) {
      expect(pastedInvite(text, PAGE)).toEqual({ kind: 'nothing' });
    }
  });

  it('takes a code, typed or in a short link of this server, with or without how an address begins', () => {
    const code = { kind: 'code', code: 'K7QF2M9X' };
    const below = 'https://p2c2r.example/p2c2r/volunteer';
    expect(pastedInvite(' k7qf 2m9x ', PAGE)).toEqual(code);
    for (const link of ['https://p2c2r.example/i#K7QF-2M9X', 'p2c2r.example/i#k7qf2m9x', `${PAGE}#K7QF-2M9X`]) {
      expect(pastedInvite(link, PAGE)).toEqual(code);
      expect(pastedInvite(link, below)).toMatchObject({ kind: 'elsewhere', host: 'p2c2r.example' });
    }
    expect(pastedInvite('p2c2r.example/p2c2r/i#K7QF-2M9X', below)).toEqual(code);
    expect(pastedInvite('localhost:8080/i#K7QF-2M9X', 'http://localhost:8080/volunteer')).toEqual(code);
    for (const text of [
      'K7QF-2M9',
      'javascript:alert(1)/i#K7QF-2M9X',
      'https://p2c2r.example/i#',
      'https://p2c2r.example/news#section1',
    ])
      expect(pastedInvite(text, PAGE)).toEqual({ kind: 'nothing' });
  });

  it('recognises a link to another server, by its port too', () => {
    const url = 'https://other.example:8443/volunteer#room=a';
    expect(pastedInvite(url, PAGE)).toEqual({ kind: 'elsewhere', url, host: 'other.example:8443' });
    expect(pastedInvite(`${PAGE}#room=a`.replace('.example', '.example:8080'), PAGE).kind).toBe('elsewhere');
    expect(pastedInvite(`${PAGE}#room=a`.replace('/volunteer', '/p2c2r/volunteer'), PAGE).kind).toBe('elsewhere');
  });
});
