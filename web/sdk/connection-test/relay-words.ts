import {
  type CredentialRefusal,
  type IceFinding,
  type NetworkFindings,
  RELAY_TRANSPORTS,
  type RelayTransport,
} from '../../net/connection-test/findings.ts';
import {
  ALLOW_WEBRTC,
  type ConnectionStep,
  lowerFirst,
  NO_WEBRTC,
  nameNotFound,
  OWN_NETWORK,
  roundMs,
  SET_UP_RELAY,
  TELL_OWNER,
} from './report.ts';

/** How the relay is reached, by each way that it may have. */
export function relaySteps(found: NetworkFindings): ConnectionStep[] {
  const { relay } = found;
  if (RELAY_TRANSPORTS.every((transport) => relay[transport].result === 'not-offered')) {
    const step = {
      name: 'relay',
      ok: false,
      required: false,
      figures: { result: found.credentialRefusal ?? 'not-offered' },
    } as const;
    if (found.server.result === 'failed') {
      return [{ ...step, skipped: true, found: 'Only the server names its relay.', next: 'Reach the server first.' }];
    }
    if (found.credentialRefusal !== null) return [{ ...step, skipped: true, ...REFUSALS[found.credentialRefusal] }];
    return [
      {
        ...step,
        found: 'The server has no relay.',
        next: 'See below whether you need one.',
        nextForHost: SET_UP_RELAY,
      },
    ];
  }
  return RELAY_TRANSPORTS.map((transport) => relayStep(transport, relay[transport]));
}

const RELAY_LABELS: Record<RelayTransport, string> = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' };

function relayStep(transport: RelayTransport, { result, ms }: IceFinding): ConnectionStep {
  const label = RELAY_LABELS[transport];
  const step = { name: `relay-${transport}`, required: false, figures: { result } } as const;
  if (result === 'works') {
    const took = roundMs(ms ?? 0);
    return {
      ...step,
      ok: true,
      ms: took,
      found: `The relay answers by ${label}, and gave an address within ${took} ms.`,
    };
  }
  return { ...step, ok: false, ...relayFailure(transport, result) };
}

type Failure = Pick<ConnectionStep, 'found' | 'next' | 'nextForHost'>;

function relayFailure(transport: RelayTransport, result: Exclude<IceFinding['result'], 'works'>): Failure {
  const label = RELAY_LABELS[transport];
  switch (result) {
    case 'not-offered':
      return {
        found: `The server names no way to its relay by ${label}.`,
        next: 'Nothing to do, where another way works.',
        nextForHost: ADD_WAY[transport],
      };
    case 'refused':
      return {
        found: 'The relay answers, but refuses the credential that the server made.',
        next: TELL_OWNER,
        nextForHost: 'Make TURN_SECRET and coturn’s static-auth-secret equal, and set the clocks of both machines.',
      };
    case 'full':
      return {
        found: 'The relay answers, but has no address left for this browser: as many as its quota allows are in use.',
        next: 'Close other linked pages of this network, or test again in a few minutes.',
        nextForHost:
          'Raise user-quota or total-quota in deploy/turnserver.conf; for a school or company behind one address, LIMIT_FACTOR.',
      };
    case 'unknown-host':
      return { found: 'The name of the relay is not found.', ...nameNotFound('TURN_URLS') };
    case 'no-webrtc':
      return { found: NO_WEBRTC, next: ALLOW_WEBRTC };
    case 'unreachable':
    case 'silent':
      return {
        found:
          result === 'silent'
            ? `No answer from the relay by ${label}: it does not listen there, or a firewall drops what is sent.`
            : REFUSES[transport],
        next: `Nothing to do, where another way works. Otherwise: ${lowerFirst(OWN_NETWORK)}`,
        nextForHost: OPEN_PORT[transport],
      };
  }
}

const REFUSALS: Record<CredentialRefusal, Failure> = {
  'too-many': {
    found: 'This address has tested many times, and the server gives it no further credential for now.',
    next: 'Test again in ten minutes.',
    nextForHost: 'For a school or company behind one address, raise LIMIT_FACTOR.',
  },
  fixed: {
    found: 'The relay has a fixed credential, which the server gives only to people who meet somebody.',
    next: 'Link with somebody: that shows whether it works.',
    nextForHost:
      'Name the relay in TURN_URLS instead of ICE_SERVERS: its credentials expire, so that tests get them too.',
  },
  failed: {
    found: 'The server gave no credential.',
    next: 'Test again.',
    nextForHost: 'See the log of the server.',
  },
};

const REFUSES: Record<RelayTransport, string> = {
  udp: 'The relay cannot be reached by UDP: its port is closed, or this network blocks UDP.',
  tcp: 'The relay cannot be reached by TCP: its port is closed, or a firewall refuses it.',
  tls: 'The relay cannot be reached by TLS: its port is closed, a firewall refuses it, or the browser does not trust its certificate.',
};

const ADD_WAY: Record<RelayTransport, string> = {
  udp: 'Add turn:HOST:3478 to TURN_URLS: UDP is the quickest way.',
  tcp: 'Add turn:HOST:3478?transport=tcp to TURN_URLS: it serves networks that block UDP.',
  tls: 'Add turns:HOST:5349?transport=tcp to TURN_URLS, and give coturn a certificate: it passes firewalls that let only TLS through, best on port 443.',
};

const OPEN_PORT: Record<RelayTransport, string> = {
  udp: 'See that coturn runs, and that its port and the range that it relays from are open for UDP.',
  tcp: 'See that coturn listens on TCP (without no-tcp), and that its port is open for TCP.',
  tls: 'See that coturn has a certificate (cert, pkey) that browsers trust for the name in TURN_URLS, and that its port is open for TCP.',
};

/** Whether links from this network need a relay. `sometimes`: only to networks that are stricter. */
export type RelayNeed = 'never' | 'sometimes' | 'often' | 'always' | 'unknown';

/** A browser whose address differs for each peer meets others of its kind, and those behind strict filters, by a relay only (RFC 8445). */
export function relayNeedOf({ stun, relay }: Pick<NetworkFindings, 'stun' | 'relay'>): RelayNeed {
  switch (stun.result) {
    case 'works':
      if (stun.translation === 'none') return 'never';
      return stun.translation === 'varying' ? 'often' : 'sometimes';
    // Where the relay is reached by UDP, UDP gets out, and only the STUN server is away.
    case 'silent':
    case 'unreachable':
      return relay.udp.result === 'works' ? 'unknown' : 'always';
    default:
      return 'unknown';
  }
}

const SENTENCES: Record<RelayNeed, string> = {
  never: 'No: this computer can be reached directly. Only somebody in a strict network needs the relay to reach it.',
  sometimes: 'Not by itself: only to reach somebody in a strict network.',
  often:
    'Often: each peer sees this computer under another address, so that others in strict networks cannot connect directly.',
  always: 'Yes, as it seems: nothing comes back by UDP, so nobody outside this network can connect directly.',
  unknown:
    'Not known: no STUN server tells how this network looks from outside. Browsers of one network meet without a relay.',
};

/** Says whether this network needs a relay, and whether there is one for it. */
export function relayNeedStep(found: NetworkFindings): ConnectionStep {
  const need = relayNeedOf(found);
  const ways = RELAY_TRANSPORTS.filter((transport) => found.relay[transport].result === 'works');
  const isNeeded = need === 'often' || need === 'always';
  const step = {
    ...({ name: 'relay-need' } as const),
    required: isNeeded,
    figures: { need, works: ways.length > 0 },
  };
  if (ways.length > 0) return { ...step, ok: true, found: `${SENTENCES[need]} The relay works.` };
  if (found.server.result === 'failed') {
    return {
      ...step,
      required: false,
      ok: false,
      skipped: true,
      found: 'The server was not reached.',
      next: 'Reach the server first.',
    };
  }
  if (found.credentialRefusal !== null) {
    const next = 'See the relay.';
    return {
      ...step,
      required: false,
      ok: false,
      skipped: true,
      found: `${SENTENCES[need]} The relay was not tested.`,
      next,
    };
  }
  const isMissing = RELAY_TRANSPORTS.every((transport) => found.relay[transport].result === 'not-offered');
  const state = isMissing ? 'The server has no relay.' : 'The relay does not work from here; above is why.';
  if (need === 'never') return { ...step, ok: true, found: `${SENTENCES.never} ${state}` };
  return {
    ...{ ...step, ok: false },
    found: `${SENTENCES[need]} ${state}`,
    next: isNeeded
      ? 'Use another network or a VPN, or meet people of your own network.'
      : 'Nothing, as long as others can be reached.',
    nextForHost: isMissing
      ? 'Set up a relay, so that everybody can meet: docs/hosting.md, “A TURN relay”.'
      : 'Offer the relay by UDP, TCP and TLS; one of them passes most networks.',
  };
}
