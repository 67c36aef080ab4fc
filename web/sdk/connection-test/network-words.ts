import type { NetworkFindings } from '../../net/connection-test/findings.ts';
import { DEFAULT_BITRATE_KBPS } from '../../stream/settings.ts';
import { relayNeedStep, relaySteps } from './relay-words.ts';
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

/** Puts what was found in a network into words. */
export function networkSteps(found: NetworkFindings): ConnectionStep[] {
  return [serverStep(found), stunStep(found), ...relaySteps(found), relayNeedStep(found), throughputStep(found)];
}

function serverStep({ server, isOnline, isStoppedByPolicy }: NetworkFindings): ConnectionStep {
  const step = { name: 'server', required: true } as const;
  if (server.result === 'works') {
    const rttMs = roundMs(server.rttMs);
    const figures = {
      transport: server.isPolling ? 'polling' : 'websocket',
      roundTripMs: rttMs,
      joinMs: roundMs(server.joinMs),
    };
    const works = { ...step, ok: true, ms: rttMs, figures };
    if (!server.isPolling) return { ...works, found: `Reached by WebSocket. A round trip takes ${rttMs} ms.` };
    if (isStoppedByPolicy) {
      return {
        ...works,
        found: `Reached by polling, since this page’s Content-Security-Policy stops WebSockets. A round trip takes ${rttMs} ms.`,
        next: 'It works. Whoever made this page can allow the server in connect-src with wss: too.',
      };
    }
    return {
      ...works,
      found: `Reached by polling, since no WebSocket gets through. A round trip takes ${rttMs} ms. Joining and meeting others takes longer; what browsers send each other is as fast as ever.`,
      next: 'It works. A VPN helps, and whoever runs this network can allow WebSockets.',
      nextForHost:
        'If everybody polls, let your proxy pass on the headers Upgrade and Connection (docs/hosting.md, “On the internet”).',
    };
  }
  const { reason, message, isAnsweringPages } = server;
  const failed = { ...step, ok: false, figures: { reason } };
  if (!isOnline) {
    return { ...failed, found: 'This computer is not connected to any network.', next: 'Connect it, then test again.' };
  }
  if (isStoppedByPolicy) {
    return {
      ...failed,
      found: 'This page’s Content-Security-Policy stops the connection to the server.',
      next: 'Whoever made this page should allow the server in connect-src, with https: and wss: (docs/sdk.md, “Pages of other origins”).',
    };
  }
  if (reason !== 'signaling-unreachable')
    return { ...failed, found: message, next: 'Do what the sentence says, then test again.' };
  if (isAnsweringPages === true) {
    return {
      ...failed,
      found:
        'The server sends its pages, but refuses this page’s connection: most often a proxy in front of it changes the host name, or blocks both WebSockets and polling.',
      next: `${OWN_NETWORK} ${TELL_OWNER}`,
      nextForHost:
        'Set TRUSTED_PROXIES, and PUBLIC_URL if the proxy changes the host name (docs/hosting.md, “On the internet”).',
    };
  }
  return {
    ...failed,
    // Not the message, which has the server's address.
    found:
      'The server does not answer: it does not run, something between blocks it, or it refuses pages of this origin.',
    next: `See whether other sites open. If they do: ${lowerFirst(TELL_OWNER)}`,
    nextForHost:
      'See that the server runs and /healthz opens. For a page of another origin, name that origin in ALLOWED_ORIGINS.',
  };
}

function stunStep({ stun, server, relay }: NetworkFindings): ConnectionStep {
  const { result, ms, translation } = stun;
  const step = { name: 'stun', required: false, figures: { result, translation } } as const;
  const timed = ms === null ? {} : { ms: roundMs(ms) };
  switch (result) {
    case 'works':
      return { ...step, ...timed, ok: true, found: STUN_SAYS[translation ?? 'unknown'] };
    case 'not-offered':
      if (server.result === 'failed') {
        return {
          ...step,
          ok: false,
          skipped: true,
          found: 'Only the server names one.',
          next: 'Reach the server first.',
        };
      }
      return {
        ...step,
        ok: false,
        found: 'The server names no STUN server, so browsers meet within one network only, unless a relay helps.',
        next: 'At home nothing is missing.',
        nextForHost: `For the internet: ${lowerFirst(SET_UP_RELAY)} A relay is a STUN server too.`,
      };
    case 'unknown-host':
      return {
        ...step,
        ok: false,
        found: 'The name of the STUN server is not found.',
        ...nameNotFound('ICE_SERVERS or TURN_URLS'),
      };
    case 'no-webrtc':
      return { ...step, ok: false, found: NO_WEBRTC, next: ALLOW_WEBRTC };
    default:
      if (relay.udp.result === 'works') {
        const found = 'No STUN server answers, though UDP leaves this network: the relay was reached by it.';
        const nextForHost = 'See that the STUN servers in ICE_SERVERS run.';
        return { ...step, ok: false, found, next: 'Nothing to do: the relay helps.', nextForHost };
      }
      return {
        ...step,
        ok: false,
        found: 'No STUN server answers: this network blocks UDP, or the server’s STUN server does not run.',
        next: `If others have no trouble with this server, it is your network. ${OWN_NETWORK}`,
        nextForHost: 'See that the STUN server or relay runs, and that its port (3478) is open for UDP.',
      };
  }
}

const STUN_SAYS = {
  none: 'Answered: this computer has an address of its own on the internet, or shares a network with the server.',
  steady:
    'Answered: this network shows the computer to everybody under one address, so most others can connect directly.',
  varying: 'Answered: this network shows the computer to each peer under another address (a symmetric NAT).',
  unknown: 'Answered: others learn the address of this network, so most of them can connect directly.',
} as const;

function throughputStep({ throughput, relay, hasWebRtc }: NetworkFindings): ConnectionStep {
  const name = 'throughput';
  if (throughput.result === 'failed') {
    const { path, waitedMs } = throughput;
    if (path === 'relay') return relayCarriesNothing(waitedMs);
    const failed = { name, required: true, ok: false, next: ALLOW_WEBRTC } as const;
    if (!hasWebRtc) return { ...failed, found: `This page could not connect with itself. ${NO_WEBRTC}` };
    const causes = 'a firewall on this computer, a setting or an extension blocks it';
    if (waitedMs === null) return { ...failed, found: `This page could not connect with itself: ${causes}.` };
    return {
      ...failed,
      found: `This page did not connect with itself within ${seconds(waitedMs)} s: ${causes}, or the computer is too busy to tell.`,
      next: `${TEST_WHEN_IDLE}${ALLOW_WEBRTC}`,
    };
  }
  const { path, rttMs } = throughput;
  const upMbps = roundMbps(throughput.upMbps);
  const downMbps = roundMbps(throughput.downMbps);
  const figures = { path, upMbps, downMbps };
  const step = { name, required: false, figures, ...(rttMs !== null && { ms: roundMs(rttMs) }) } as const;
  if (path === 'direct') {
    return {
      ...{ ...step, required: true, ok: true },
      found: `This page connects with itself: ${upMbps} Mb/s up, ${downMbps} Mb/s down. Without a relay that stays on this computer, so it says nothing of your line.`,
    };
  }
  const way = relay.udp.result === 'works' ? '' : ', not by UDP';
  const measured = `At least ${upMbps} Mb/s up and ${downMbps} Mb/s down through the relay${way}. Each comes back as well, so it is the slower direction of your line.`;
  if (Math.min(upMbps, downMbps) * 1_000 >= DEFAULT_BITRATE_KBPS) return { ...step, ok: true, found: measured };
  return {
    ...{ ...step, ok: false },
    found: `${measured} A stream uses up to ${DEFAULT_BITRATE_KBPS / 1_000} Mb/s, so through the relay its picture will be softer while it moves.`,
    next: 'Use a cable instead of Wi-Fi, end other transfers, or choose a smaller source. A direct connection may be faster.',
    nextForHost: 'See the relay’s own uplink, and max-bps in deploy/turnserver.conf.',
  };
}

function relayCarriesNothing(waitedMs: number | null): ConnectionStep {
  const outcome =
    waitedMs === null
      ? 'nothing passes between two of them: two people who both need it will not meet.'
      : `nothing passed between two of them within ${seconds(waitedMs)} s. Where a second test on an idle computer finds the same, two people who both need the relay will not meet.`;
  return {
    ...{ name: 'throughput', required: false, ok: false },
    found: `The relay gives addresses, but ${outcome}`,
    next: waitedMs === null ? TELL_OWNER : `${TEST_WHEN_IDLE}${TELL_OWNER}`,
    nextForHost: `${waitedMs === null ? '' : TEST_WHEN_IDLE}Open the range of UDP ports that coturn relays from, and let it reach its own address (deploy/start-coturn.sh does).`,
  };
}

const TEST_WHEN_IDLE = 'Test again when the computer has less to do. If that changes nothing: ';

function seconds(ms: number): string {
  return (Math.max(0, ms) / 1_000).toFixed(1);
}

/** One decimal below ten, and never 0. */
function roundMbps(mbps: number): number {
  if (mbps < 0.1) return Number(mbps.toPrecision(1));
  return mbps < 9.95 ? Math.round(mbps * 10) / 10 : Math.round(mbps);
}
