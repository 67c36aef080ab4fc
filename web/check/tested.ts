import recorded from '../../shared/browser-support.json';

/** What tests found to work in which browser; they record it (docs/browsers.md). */
export interface RecordedSupport {
  cells: readonly { browser: string; role: string; feature: string; found: string; versions: readonly string[] }[];
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
  const cells = support.cells.filter((cell) => cell.browser === browser);
  if (cells.length === 0) return { where: 'No test of ours ran in a browser like this one.', rows: [] };
  const rows = cells.map(({ role, feature, found }) => ({ what: `${LABELS[role] ?? role}: ${feature}`, found }));
  const versions = [...new Set(cells.flatMap((cell) => cell.versions))].sort().join(' and ');
  const own = ownVersion(userAgent, browser);
  return { where: `Our tests ran in ${browser} ${versions} on Linux. ${own}`, rows };
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
