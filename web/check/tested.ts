import recorded from '../../shared/browser-support.json';

/** What tests found to work in which browser; they record it (docs/browsers.md). */
export interface RecordedSupport {
  versions: Partial<Record<string, string>>;
  findings: readonly { browser: string; role: string; feature: string; found: string }[];
}

/** What tests found in browsers like this one. */
export interface TestedHere {
  /** For a person: in which browser and version. */
  where: string;
  /** Empty where no test ran in one like it. */
  rows: readonly { what: string; found: string }[];
}

const LABELS: Readonly<Record<string, string>> = {
  everyone: 'Everyone',
  volunteer: 'Volunteer',
  gamer: 'Gamer',
  streams: 'Codec',
};

/** @param userAgent - of this browser */
export function testedHere(userAgent: string, support: RecordedSupport = recorded): TestedHere {
  const browser = browserLike(userAgent);
  const version = support.versions[browser];
  if (version === undefined) return { where: 'No test of ours ran in a browser like this one.', rows: [] };
  const rows = support.findings
    .filter((finding) => finding.browser === browser)
    .map(({ role, feature, found }) => ({ what: `${LABELS[role] ?? role}: ${feature}`, found }));
  const own = ownVersion(userAgent, browser);
  return { where: `Our tests ran in ${browser} ${version} on Linux. ${own}`, rows };
}

/** The tested browser with the same engine. On iPhones and iPads that is WebKit in every browser. */
function browserLike(userAgent: string): string {
  if (/Chrom(e|ium)\//.test(userAgent)) return 'Chromium';
  if (/Firefox\//.test(userAgent)) return 'Firefox';
  return /AppleWebKit\//.test(userAgent) ? 'WebKitGTK' : '';
}

function ownVersion(userAgent: string, browser: string): string {
  if (browser === 'WebKitGTK') return 'It has Safari’s engine, with fewer interfaces; Safari itself was not tested.';
  const version = /(?:Chrom(?:e|ium)|Firefox)\/(\d+)/.exec(userAgent)?.[1];
  return `This one is version ${version}.`;
}
