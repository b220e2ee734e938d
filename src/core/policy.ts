/**
 * @file What the page may load, run and ask, stated once: as a content security policy with the headers that belong
 * beside it. The build writes it into the page for hosts that send no headers (tools/policy-plugin.ts); our servers and
 * the service worker send it. The Hub's hosts are named here, and nowhere else.
 */

export const HUB = 'https://huggingface.co';
/** Where the Hub's redirects lead: its content networks change, and it asks nobody to keep a list of them. */
const HUB_HOSTS = [HUB, 'https://*.huggingface.co', 'https://*.hf.co'];

/** Two libraries write style sheets into the page, always the same texts, known here by their digests. A browser names
 * the digest of a text that it refuses; test/browser/policy.test.ts meets a refusal after an update. */
const LIBRARY_STYLES = {
  /** React Aria's usePress: touch-action of what can be pressed. */
  reactAriaPress: "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='",
  /** React Aria's usePreventScroll, on iOS beneath a dialog. */
  reactAriaScroll: "'sha256-gYiS/BvZvRcK27JIXTuwhZ3hs2+VJ1X+2gUlE+farlg='",
  /** Observable Plot: the look of every plot of its class name. */
  plot: "'sha256-jSYQUrW7J0b3jPqhZP9C2Xh1PyJKHKXd4s0fpGGKrww='",
} as const;

type Directives = Readonly<Record<string, readonly string[]>>;

const ANYWHERE: Directives = {
  'default-src': ["'none'"],
  // blob: is what this page itself made; no other host is in it.
  'connect-src': ["'self'", 'blob:', ...HUB_HOSTS],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
};

/** Style attributes are set by properties, which no policy restrains; written ones are not needed. */
const PAGE: Directives = {
  ...ANYWHERE,
  'script-src': ["'self'"],
  'worker-src': ["'self'"],
  'style-src': ["'self'", ...Object.values(LIBRARY_STYLES)],
  'style-src-attr': ["'none'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'font-src': ["'self'"],
  'manifest-src': ["'self'"],
  // No text becomes HTML or script; what is emptied and addresses of scripts go through src/app/trusted-scripts.ts.
  'require-trusted-types-for': ["'script'"],
  'trusted-types': ['default'],
};

/** A worker has the policy that its own script came with. The runtimes compile wasm there, and tfjs starts its threads
 * from blobs that take their script from another: none of this is open to the page. */
const WORKER: Directives = {
  ...ANYWHERE,
  'script-src': ["'self'", 'blob:', "'wasm-unsafe-eval'"],
  'worker-src': ["'self'", 'blob:'],
};

/** Only a header can say it. */
const NO_FRAMES: Directives = { 'frame-ancestors': ["'none'"] };

/** Vite's development page is made of inline scripts and styles, and one policy serves page and workers. */
const DEVELOPMENT: Directives = {
  ...ANYWHERE,
  ...NO_FRAMES,
  'script-src': ["'self'", "'unsafe-inline'", 'blob:', "'wasm-unsafe-eval'"],
  'worker-src': ["'self'", 'blob:'],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'font-src': ["'self'"],
  'manifest-src': ["'self'"],
};

const write = (directives: Directives): string =>
  Object.entries(directives)
    .map(([name, values]) => `${name} ${values.join(' ')}`)
    .join('; ');

/** For the page's own meta element. */
export const META_POLICY = write(PAGE);
export const REFERRER_POLICY = 'no-referrer';

/** What browsers have and this page never uses. */
const UNUSED_FEATURES = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
];
const OWN_FEATURES = ['clipboard-write', 'cross-origin-isolated'];
const PERMISSIONS = [
  ...UNUSED_FEATURES.map((feature) => `${feature}=()`),
  ...OWN_FEATURES.map((feature) => `${feature}=(self)`),
].join(', ');

const EVERY_RESPONSE = {
  // Cross-origin isolation: SharedArrayBuffer, and with it wasm threads.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': PERMISSIONS,
  'Referrer-Policy': REFERRER_POLICY,
  'X-Content-Type-Options': 'nosniff',
};

type Headers = Readonly<Record<string, string>>;

const PAGE_HEADERS: Headers = {
  ...EVERY_RESPONSE,
  'Content-Security-Policy': write({ ...PAGE, ...NO_FRAMES }),
};
const SCRIPT_HEADERS: Headers = { ...EVERY_RESPONSE, 'Content-Security-Policy': write(WORKER) };

/** @param path of the address. What is a script may become a worker; all else gets the page's policy. */
export const headersFor = (path: string): Headers => (/\.m?js$/.test(path) ? SCRIPT_HEADERS : PAGE_HEADERS);

export const DEVELOPMENT_HEADERS: Headers = {
  ...EVERY_RESPONSE,
  'Content-Security-Policy': write(DEVELOPMENT),
};
